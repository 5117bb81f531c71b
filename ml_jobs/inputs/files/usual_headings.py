"""What programs usually call the columns that a forecast needs, to be proposed and never assumed.

SAP (names on screen and of fields, in English and Portuguese), TOTVS Protheus (fields of the
tables SB1, SB2, SD1, SD2 and SD3), and plain Portuguese and English.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

_ITEM = """material|no do material|n do material|numero do material|matnr|c7_produto|
b1_cod|b2_cod|d1_cod|
d2_cod|d3_cod|codigo|cod|codigo do produto|cod produto|codigo produto|codigo do item|cod item|
codigo do material|cod material|codigo da peca|cod peca|produto|item|peca|referencia|sku|
part number|part no|part|item code|item number|item no|product|product code|material number"""
_DATE = """data|data de lancamento|data lancamento|data lanc|dt lancamento|dt lcto|
data do documento|data documento|data do movimento|data movimento|data mov|dt mov|
dt movimento|data de emissao|
data emissao|dt emissao|emissao|dia|mes|competencia|periodo|data da venda|data venda|data de saida|
data saida|d1_dtdigit|d2_emissao|d3_emissao|budat|bldat|pstng date|posting date|doc date|
document date|entry date|day|month|transaction date|movement date|order date"""
_QUANTITY = """qtd|qtde|qtd um registro|qtd em um registro|qtd umr|quantidade|quant|
quantidade pedida|quantidade do pedido|qtd do pedido|c7_quant|order quantity|
quantidade vendida|qtd vendida|qtde vendida|quantidade consumida|qtd consumida|qtde consumida|
consumo|saida|saidas|vendas|venda|demanda|d2_quant|d3_quant|menge|erfmg|qty in une|
qty in un of entry|qty in unit of entry|qty|sales|consumption|usage|issued"""
_LOCATION = """c7_filial|local|filial|loja|deposito|almoxarifado|armazem|centro|planta|
centro de distribuicao|cd|cod filial|codigo da filial|d1_filial|d2_filial|d3_filial|b2_filial|
d1_local|d2_local|d3_local|b2_local|plnt|plant|werks|sloc|storage location|lgort|site|location|
warehouse|branch|store"""
_STOCK = """saldo|estoque|saldo atual|estoque atual|saldo em estoque|qtd estoque|qtde estoque|
quantidade em estoque|saldo disponivel|estoque disponivel|utilizacao livre|b2_qatu|labst|
unrestricted|stock|on hand|stock on hand|qty on hand|quantity on hand|inventory"""
_NAME = """descricao|nome|descricao do produto|b1_desc|texto breve material|
material description"""

_USUAL: Mapping[str, str] = {
    "item_id": _ITEM,
    "stock_code": _ITEM,
    "date": _DATE,
    "invoice_date": _DATE,
    "as_of": "data do saldo|data saldo|data do estoque|data posicao|posicao em|stock date",
    "quantity": _QUANTITY,
    "location_id": _LOCATION,
    "current_stock": _STOCK,
    "on_order": """pedidos|em pedido|pedido em aberto|pedidos em aberto|qtd pedida|b2_salpedi|
open orders""",
    "invoice_no": """nota|nota fiscal|nf|numero da nota|n da nota|documento|d1_doc|d2_doc|d3_doc|
belnr|mat doc|material document|document number|invoice|invoice number""",
    "description": _NAME,
    "unit_price": "preco|preco unitario|valor unitario|vlr unitario|d2_prcven|d1_vunit|price",
    "name": _NAME,
    "category": "categoria|grupo|familia|grupo de mercadorias|b1_grupo|material group|group",
    "supplier": """fornecedor|nome do fornecedor|fornecedor centro fornecedor|c7_fornece|b1_proc|
lifnr|vendor|vendor supplying plant|supplier supplying plant""",
    "unit": "unidade|um|unidade de medida|umb|b1_um|bun|uom",
    "unit_cost": "custo|custo unitario|custo medio|preco medio|b1_custd|b2_cm1|verpr|cost",
    "lead_time_days": "prazo|prazo de entrega|lead time|prazo entrega|b1_pe|plifz",
    "minimum_order": "lote minimo|pedido minimo|quantidade minima|b1_lm|bstmi|moq",
    "order_multiple": "multiplo|lote|lote economico|embalagem|qtd por embalagem|b1_qe|bstrf",
    "order_id": """pedido|numero do pedido|n do pedido|no pedido|num pedido|ped compra|
pedido de compra|pedido de compras|documento de compras|documento compras|doc de compras|
doc compras|ordem de compra|oc|ebeln|c7_num|purchasing document|purchasing doc|purch doc|
purchase order|po number|po|order|order number|order no""",
    "line": """ebelp|c7_item|item do pedido|item do documento|item do documento de compras|linha|
posicao|pos|item|line item|po item|item number|line number|line""",
    "open_quantity": """ainda a ser fornecido qtd|a ser fornecido qtd|a fornecer qtd|a fornecer|
qtd a fornecer|qtd pendente|qtde pendente|quantidade pendente|saldo do pedido|saldo a receber|
qtd em aberto|quantidade em aberto|quantidade aberta|qtd aberta|still to be delivered qty|
still to be delivered quantity|open quantity|open qty|outstanding quantity|remaining quantity""",
    "received": """recebido|recebida|qtd recebida|qtde recebida|quantidade recebida|
quantidade fornecida|qtd fornecida|qtd entregue|quantidade entregue|quje|c7_quje|wemng|
delivered|delivered quantity|received quantity|qty received|quantity received|qty delivered""",
    "due": """data de remessa|data remessa|dt remessa|data da remessa|eindt|c7_datprf|
data de entrega|data entrega|dt entrega|data prevista|previsao de entrega|data prev entrega|
entrega prevista|prev entrega|vencimento|delivery date|deliv date|due date|promised date|
expected date""",
    "criticality": "criticidade|critico",
    "abc_class": "abc|curva abc|classe abc",
    "in_repair": "em conserto|em reparo|qtd em conserto|qtd em reparo|in repair|under repair",
    "repair_days": "prazo de conserto|prazo de reparo|dias de conserto|repair time|repair days",
    "condemnation": "taxa de condenacao|condenacao|condemnation rate|scrap rate",
    "weight_kg": "peso|peso liquido|peso bruto|b1_peso|ntgew|brgew|weight|net weight",
    "from_location_id": "de|origem|filial de origem|from|origin",
    "to_location_id": "para|destino|filial de destino|to|destination",
    "km": "distancia|distancia km|distance",
    "parent_location_id": "regiao|pai|local superior|filial superior|region",
    "supplied_from": "abastecido por|suprido por|centro de distribuicao|supplied by",
    "supply_days": "dias de transferencia|prazo de transferencia|transfer days",
}  # fmt: skip

_PARTING = re.compile(r"[^a-z0-9_]+")


def usual_columns(groups: Sequence[Sequence[str]], headings: Sequence[str]) -> dict[str, str]:
    """Return, for *groups* of names, the heading of *headings* that usually means one of them.

    A heading is proposed once; keyed by the name, in the order of the groups. Of several, it is
    the one that stands first among those that usually mean it.
    """
    found: dict[str, str] = {}
    for names in groups:
        free = [heading for heading in headings if heading.strip() not in found.values()]
        for name in names:
            usual = _BY_NAME.get(name, {})
            if telling := [heading for heading in free if _plain(heading) in usual]:
                found[name] = min(telling, key=lambda heading: usual[_plain(heading)]).strip()
                break
    return found


def _plain(heading: str) -> str:
    """Return *heading* in lower case, without accents and signs."""
    letters = unicodedata.normalize("NFKD", heading.casefold())
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _PARTING.sub(" ", kept).strip()


_BY_NAME: Mapping[str, Mapping[str, int]] = {
    name: {_plain(heading): rank for rank, heading in enumerate(text.split("|"))}
    for name, text in _USUAL.items()
}
