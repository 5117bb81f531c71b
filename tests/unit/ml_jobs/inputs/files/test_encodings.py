"""A text is read in the encoding that it is in, or refused with what it may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_jobs.errors import InputError
from ml_jobs.inputs.files.encodings import decode

pytestmark = pytest.mark.ml

WORDS = tuple(
    "PEÇA PÇ Conexão Válvula máquina CÓDIGO código eletrônico ELETRÔNICO pão ÂNGULO água AÇÃO "  # noqa: SIM905
    "LIGAÇÃO Três TRÊS CAFÉ café ÚTIL útil Müller cabeçote FÔRMA lã Açúcar AÇÚCAR mão peças "
    "Tensão Pressão LÂMPADA lâmpada Óleo óleo Pistão Êmbolo juntas Relé elétrico".split()
)


def test_utf_8_is_read_without_a_word_on_it() -> None:
    decoded = decode("f.csv", "Peça".encode())

    assert (decoded.content.decode(), decoded.notes) == ("Peça", ())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_at_the_begin_tells_the_encoding(encoding: str) -> None:
    assert decode("f.csv", "Peça€\n".encode(encoding)).content.decode() == "Peça€\n"


def test_utf_16_big_endian_is_told_by_its_mark() -> None:
    content = b"\xfe\xff" + "Peça\n".encode("utf-16-be")

    decoded = decode("f.csv", content)

    assert decoded.content.decode() == "Peça\n"
    assert decoded.notes == ("read as UTF-16",)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_refused_with_the_option_that_reads_it(encoding: str) -> None:
    content = "item_id;date;quantity\n".encode(encoding)

    with pytest.raises(InputError, match=f"--encoding {encoding}"):
        decode("f.csv", content)
    assert decode("f.csv", content, encoding).content == b"item_id;date;quantity\n"


@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6),
    page=st.sampled_from(["cp1252", "cp850"]),
)
def test_words_are_read_in_the_page_that_spells_them_or_refused(
    words: list[str], page: str
) -> None:
    text = ";".join(words)

    assert _decoded_or_refused(text.encode(page)) in (text, "refused with both")


def _decoded_or_refused(content: bytes) -> str:
    try:
        return decode("f.csv", content).content.decode()
    except InputError as refused:
        named = ("--encoding cp1252" in str(refused), "--encoding cp850" in str(refused))
        return "refused with both" if all(named) else str(refused)


@pytest.mark.parametrize("page", ["cp1252", "cp850"])
def test_a_page_with_several_words_is_told_and_said(page: str) -> None:
    decoded = decode("f.csv", ";".join(WORDS).encode(page))

    assert decoded.content.decode() == ";".join(WORDS)
    assert decoded.notes == (
        f"read as {'Windows-1252' if page == 'cp1252' else 'DOS code page 850'}",
    )


@pytest.mark.parametrize("page", ["cp1252", "cp850"])
def test_short_forms_of_words_are_words(page: str) -> None:
    text = "Lista din\u00e2mica;Dt.l\u00e7to.;N\u00ba or\u00e7to;Descri\u00e7.;DT.L\u00c7TO."

    assert decode("f.csv", text.encode(page)).content.decode() == text


@pytest.mark.parametrize(
    ("content", "spelt"),
    [
        (b"PE\xc7A;PE\x80A", "PEÇA|PE€A"),  # two exports put together
        (b"N\xc7O", "'NÇO' in Windows-1252 .*'NÃO' in DOS"),
        (b"V\xa0lvula", "in Windows-1252 .*'Válvula' in DOS"),
        (b"Pe\x8da", "in Windows-1252 .*'Peìa' in DOS"),  # ç of an old Macintosh
    ],
)
def test_words_that_may_be_either_are_refused_with_both_spellings(
    content: bytes, spelt: str
) -> None:
    with pytest.raises(InputError, match=spelt):
        decode("f.csv", content)


def test_signs_alone_are_read_as_windows_has_them() -> None:
    decoded = decode("f.csv", b"Rolamento \xd825;5 \xb1 1;10\xa0kg;n\xba 7")

    assert decoded.content.decode() == "Rolamento Ø25;5 ± 1;10\xa0kg;nº 7"


def test_utf_8_with_a_damaged_letter_is_not_read_as_something_else() -> None:
    content = "Peça\nConexão\n".encode() + b"V\xe1lvula\n"

    with pytest.raises(InputError, match=r"1 place\(s\) that are not: .*\(line 3\)"):
        decode("f.csv", content)


def test_an_encoding_that_was_asked_for_is_taken() -> None:
    assert decode("f.csv", b"N\xc7O", "cp850").content.decode() == "NÃO"


def test_a_file_that_proves_to_be_utf_8_is_read_so_whatever_was_asked_for() -> None:
    assert decode("f.csv", "Peça".encode(), "cp850").content.decode() == "Peça"


def test_an_encoding_that_can_not_be_is_refused_with_the_place() -> None:
    with pytest.raises(InputError, match=r"not in UTF-8: the byte at offset 5 \(line 2\)"):
        decode("f.csv", b"a\nPe \xe7a", "utf-8")


@pytest.mark.parametrize("end", [b"\x1a", b"\n\x1a", b"\x1a\x1a"])
def test_the_ctrl_z_that_dos_ends_a_text_with_is_left_out(end: bytes) -> None:
    assert decode("f.csv", b"a;b" + end).content.strip() == b"a;b"


@pytest.mark.parametrize("content", [b"a\n\x00b", b"a\n\x1ab", "a\n\x07b".encode("utf-16")])
def test_a_control_character_is_refused_with_its_line(content: bytes) -> None:
    with pytest.raises(InputError, match=r"\(line 2\) is a control character"):
        decode("f.csv", content)
