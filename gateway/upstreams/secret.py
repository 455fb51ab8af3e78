"""A credential that cannot be printed by accident."""


class Secret:
    """An upstream key. `str`, `repr` and formatting show stars; `reveal` is called where the header is
    built.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Raises `ValueError` for what cannot stand in an HTTP header, as an HTTP library would print it
        whole.
        """
        if not value or not all("!" <= character <= "~" for character in value):
            raise ValueError("A key must be printable ASCII without spaces.")
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"
