"""Text made comparable."""

import unicodedata

# Letters that do not decompose into a base letter and an accent.
LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ð": "d", "þ": "th", "ł": "l", "đ": "d", "ı": "i", "’": "'"}
)


def fold(text: str) -> str:
    """The text without accents and case: «Sédhiou» becomes «sedhiou»."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    # Once more: «™» and «№» decompose into capitals, «ǿ» into a letter of the table and an accent.
    return letters.casefold().translate(LETTERS)
