"""How upstream counts what it bills, for answers that do not say."""


def billed_characters(text: str) -> int:
    """Code points, markup included; an ideograph counts double. Observed on the few published answers."""
    return len(text) + sum(map(_is_ideograph, text))


def _is_ideograph(character: str) -> bool:
    """The CJK unified ideographs, their extensions and the compatibility forms."""
    return (
        "\u3400" <= character <= "\u4dbf"
        or "\u4e00" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or "\U00020000" <= character <= "\U0003ffff"
    )
