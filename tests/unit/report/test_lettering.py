import pytest

from nuclarium.report.lettering import drawable, font


@pytest.mark.parametrize("text", ["Area (µm²)", "3 × 3 – 5 px, ≥ 2", "Müller µm³", "a − b"])
def test_every_letter_that_is_drawn_is_in_the_font(text):
    letters = font(20)
    missing = bytes(letters.getmask("\uffff"))
    assert not [c for c in drawable(text) if bytes(letters.getmask(c)) == missing]


def test_plain_text_is_left_as_it_is():
    assert drawable("F1 94.5 %, 250Pa (v002)") == "F1 94.5 %, 250Pa (v002)"
