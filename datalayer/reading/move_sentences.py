"""The sentences that say why a place gives a part and why another takes it."""

from __future__ import annotations

from typing import Final

from datalayer.kernel.contract.registry import Bilingual

TAKES: Final = Bilingual(
    "At {taker}, {quantity} of {name} ({item_id}) avoid {hours} a month until what is bought today "
    "would be delivered, worth {gain}.",
    "Em {taker}, {quantity} de {name} ({item_id}) evitam {hours} por mês até a entrega do que se "
    "compre hoje, o que vale {gain}.",
)
GIVES: Final = Bilingual(
    "At {giver}, {hours} a month are lost for want of them until the delivery after the next "
    "review, worth {loss}.",
    "Em {giver}, a falta delas custa {hours} por mês até a entrega após a próxima revisão, o que "
    "vale {loss}.",
)
LOSES_LITTLE: Final = Bilingual(
    "At {giver} hardly anything is lost for want of them.",
    "Em {giver}, quase nada se perde sem elas.",
)
RATIO: Final = Bilingual(
    "The gain is {times} times the loss; it has to be three times at least, as forecasts err on "
    "both sides.",
    "O ganho é {times} vezes a perda; tem de ser pelo menos três vezes, pois previsões erram dos "
    "dois lados.",
)
KEEPS: Final = Bilingual(
    "{left} stay on the shelf there once all moves are made, no less than its reorder point of "
    "{point}; it uses {use} a month.",
    "Lá ficam {left} na prateleira, feitas as transferências, não menos que seu ponto de pedido de "
    "{point}; o uso é de {use} por mês.",
)
PUT_OFF: Final = Bilingual(
    "Their like is bought later, which saves {saved}.",
    "Outras iguais se compram mais tarde, o que poupa {saved}.",
)
FREIGHT: Final = Bilingual("Bringing them costs {freight}.", "Levá-las custa {freight}.")
FREIGHT_UNKNOWN: Final = Bilingual(
    "What bringing them costs isn't known, and isn't taken off.",
    "O custo de levá-las não é conhecido, e não foi descontado.",
)
WORTH: Final = Bilingual(
    "All together the move is worth {value}, and stands at {rank} of {moves}.",
    "Ao todo, a transferência vale {value} e está na posição {rank} de {moves}.",
)
