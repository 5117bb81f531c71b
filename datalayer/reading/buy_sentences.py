"""The sentences that say why a step of the buy list stands where it does."""

from __future__ import annotations

from typing import Final

from datalayer.kernel.contract.registry import Bilingual

STEP: Final = Bilingual(
    "Buying {quantity} of {part}, on top of {before} in stock and on order{made}, costs {cost} "
    "and avoids {hours} a month: {money} avoid {per_money}.",
    "Comprar {quantity} de {part}, além de {before} em estoque e pedidos{made}, custa {cost} e "
    "evita {hours} por mês: {money} evitam {per_money}.",
)
FREE: Final = Bilingual(
    "Buying {quantity} of {part}, on top of {before} in stock and on order{made}, costs nothing "
    "and avoids {hours} a month.",
    "Comprar {quantity} de {part}, além de {before} em estoque e pedidos{made}, não custa nada e "
    "evita {hours} por mês.",
)
PLACE: Final = Bilingual(
    "It stands at {rank} of {steps}: up to here {cost} avoid {share} of what the list avoids.",
    "Está na posição {rank} de {steps}: até aqui, {cost} evitam {share} do que a lista evita.",
)
BEFORE: Final = Bilingual(
    "Before it stands {part}, where {money} avoid {per_money}.",
    "Antes vem {part}, em que {money} evitam {per_money}.",
)
AFTER: Final = Bilingual(
    "After it stands {part}, where {money} avoid {per_money}.",
    "Depois vem {part}, em que {money} evitam {per_money}.",
)
WEIGHED: Final = Bilingual(
    "An hour counts by what it costs its contract, so that the order isn't that of hours alone.",
    "Cada hora conta pelo que custa ao seu contrato; por isso a ordem não é só a das horas.",
)
UNSUPPORTED: Final = Bilingual(
    "What is worth holding of it is for a chance smaller than the past has seen: nobody can "
    "promise that.",
    "O que vale ter dela é para uma chance menor do que o passado já viu: isso não se pode "
    "prometer.",
)
LEFT_OUT: Final = Bilingual(
    "{part} is in no figure of availability: {reason}.",
    "{part} não está em nenhum número de disponibilidade: {reason}.",
)
UNKNOWN: Final = Bilingual(
    "Nothing is published of what stock of {part} avoids.",
    "Nada está publicado do que o estoque de {part} evita.",
)
ENOUGH: Final = Bilingual(
    "{part} has {position} in stock and on order; worth holding: {target}.",
    "{part} tem {position} em estoque e pedidos; vale ter: {target}.",
)
NOT_LISTED: Final = Bilingual(
    "{part} is not in the buy list.", "{part} não está na lista de compra."
)
NOT_STOCKED: Final = Bilingual(
    "{part} isn't to be held in stock, so nothing of it is bought.",
    "{part} não se mantém em estoque; por isso nada dela se compra.",
)
NEXT: Final = Bilingual(
    "One more costs {cost} and avoids {hours} a month.",
    "Mais uma unidade custa {cost} e evita {hours} por mês.",
)
DONT: Final = Bilingual(
    "Don't buy: one more costs {cost} and avoids {hours} a month.",
    "Não compre: mais uma unidade custa {cost} e evita {hours} por mês.",
)
ELSEWHERE: Final = Bilingual(
    "The same money avoids {hours} with what stands first in the list.",
    "O mesmo dinheiro evita {hours} com o que vem primeiro na lista.",
)
FIRST: Final = Bilingual(
    "{money} of it avoid {per_money}; with what stands first in the list, {first}, and with what "
    "stands last, {last}.",
    "{money} dela evitam {per_money}; com o que vem primeiro na lista, {first}, e com o que vem "
    "por último, {last}.",
)
REPAIRED: Final = Bilingual(
    "What fails comes back from repair in {days}, but for the {share} that are beyond repair.",
    "O que falha volta do conserto em {days}, menos os {share} que não têm conserto.",
)
ALL_REPAIRED: Final = Bilingual(
    "What fails comes back from repair in {days}.", "O que falha volta do conserto em {days}."
)
SUPPLIED: Final = Bilingual(
    "It comes from the central store, {store}: {days} on the way, and {wait} more, on average, "
    "until there is one, with the store's stock of today.",
    "Vem do depósito central, {store}: {days} a caminho e, em média, mais {wait} até haver uma lá, "
    "com o estoque de hoje.",
)
SUPPLIED_SOME_TIME: Final = Bilingual(
    "It comes from the central store, {store}, where it waits {wait}, on average, until there is "
    "one, with the store's stock of today.",
    "Vem do depósito central, {store}, onde espera em média {wait} até haver uma, com o estoque de "
    "hoje.",
)
AS_BY_SUPPLIERS: Final = Bilingual(
    "{store} supplies the place, but this part is weighed as if suppliers delivered it there.",
    "{store} abastece o local, mas esta peça é pesada como se os fornecedores a entregassem ali.",
)
CENTRAL: Final = Bilingual(
    "It is the central store of {places} with this part: what a unit avoids there is what they "
    "wait for less.",
    "É o depósito central de {places} com esta peça: o que uma unidade evita ali é o que eles "
    "esperam a menos.",
)
PLACES: Final = (
    Bilingual("{count} place", "{count} local"),
    Bilingual("{count} places", "{count} locais"),
)
LATER: Final = Bilingual(
    "Its last open order comes {days} later than one placed today would: stock is weighed until "
    "then.",
    "Seu último pedido aberto chega {days} depois de um que fosse feito hoje: o estoque é pesado "
    "até lá.",
)
CLASS_PAYS: Final = Bilingual(
    "The budget of its class, {budget}, pays for it: up to here the class costs {cost}.",
    "O orçamento da sua classe, {budget}, paga por ela: até aqui a classe custa {cost}.",
)
CLASS_ENDS: Final = Bilingual(
    "The budget of its class, {budget}, doesn't pay for it: with this step the class costs {cost}.",
    "O orçamento da sua classe, {budget}, não paga por ela: com este passo a classe custa {cost}.",
)
MADE: Final = Bilingual(" once all moves are made", ", feitas as transferências")
BROUGHT: Final = Bilingual(
    "Moves bring {quantity} there before anything is bought.",
    "Transferências levam {quantity} até lá antes de qualquer compra.",
)
OF_PLACE: Final = Bilingual("{name} ({item_id}) at {location}", "{name} ({item_id}) em {location}")
LITTLE: Final = Bilingual("less than {hours}", "menos de {hours}")
HOURS: Final = Bilingual("{hours} tower-hours", "{hours} horas de torre")
