"""How upstream counts what it bills."""


def is_ideograph(character: str) -> bool:
    """CJK unified ideographs, their extensions and compatibility forms."""
    return (
        "\u3400" <= character <= "\u4dbf"
        or "\u4e00" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or "\U00020000" <= character <= "\U0003ffff"
    )


def billable(text: str) -> int:
    """Code points, markup included; an ideograph counts double. Observed on the few published answers."""
    return len(text) if text.isascii() else len(text) + sum(map(is_ideograph, text))
