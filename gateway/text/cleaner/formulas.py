r"""LaTeX as one may say it: `\frac{a+1}{2} \times x_1^{10}` → `(a+1)/2 × x1^10`."""

import re

_SIGN = re.compile(r"\\[A-Za-z]+|\\[\s\S]|[{}]|[\^_]|[&~]|\s+|[^\\{}^_&~\s]+|\\")
_SYMBOLS: dict[str, str] = dict(
    re.findall(
        r"(\w+)=(\S+)",
        """
times=× cdot=· div=÷ pm=± mp=∓ le=≤ leq=≤ leqslant=≤ ge=≥ geq=≥ geqslant=≥ ne=≠ neq=≠ approx=≈ equiv=≡ sim=~ ll=≪ gg=≫
infty=∞ to=→ rightarrow=→ longrightarrow=→ leftarrow=← Rightarrow=⇒ implies=⇒ Leftrightarrow=⇔ iff=⇔ mapsto=↦ in=∈
notin=∉ ni=∋ subset=⊂ subseteq=⊆ supset=⊃ supseteq=⊇ cup=∪ cap=∩ emptyset=∅ varnothing=∅ setminus=∖ forall=∀ exists=∃
neg=¬ land=∧ lor=∨ wedge=∧ vee=∨ partial=∂ nabla=∇ sum=∑ prod=∏ int=∫ iint=∬ oint=∮ propto=∝ degree=° circ=° angle=∠
perp=⊥ parallel=∥ triangle=△ therefore=∴ because=∵ ldots=… cdots=… dots=… vdots=… prime=′ hbar=ℏ ell=ℓ mid=| colon=:
lbrace={ rbrace=} langle=⟨ rangle=⟩ vert=| alpha=α beta=β gamma=γ delta=δ epsilon=ε varepsilon=ε zeta=ζ eta=η theta=θ
vartheta=θ iota=ι kappa=κ lambda=λ mu=μ nu=ν xi=ξ pi=π rho=ρ sigma=σ tau=τ upsilon=υ phi=φ varphi=φ
chi=χ psi=ψ omega=ω Gamma=Γ Delta=Δ Theta=Θ Lambda=Λ Xi=Ξ Pi=Π Sigma=Σ Upsilon=Υ Phi=Φ Psi=Ψ Omega=Ω
""",
    )
)
_SILENT = frozenset(
    re.findall(
        r"\w+",
        """
left right big Big bigg Bigg bigl bigr Bigl Bigr displaystyle textstyle limits nolimits mathrm mathbf mathit mathbb
mathcal mathsf mathfrak boldsymbol text textbf textit textrm mbox operatorname hat bar vec dot overline underline
boxed tag ce cancel overrightarrow widehat tilde nonumber notag hline
""",
    )
)
_SPACES = frozenset({"quad", "qquad", "\\,", "\\;", "\\:", "\\ ", "\\!", "~", "&"})
_ROOTS = {"": "√", "2": "√", "3": "∛", "4": "∜"}
_SIMPLE = re.compile(r"[\d.]*|[^\W\d_]{3,}|.")
_INDEX = re.compile(r"[^\W_]*")
_DEEPEST = 32


def spoken(formula: str) -> str:
    return " ".join(_Reader(formula).sequence(0).split()).replace(" ,", ",").strip(" ,")


def _grouped(text: str) -> str:
    text = text.strip()
    return text if _SIMPLE.fullmatch(text) else f"({text})"


class _Reader:
    def __init__(self, formula: str) -> None:
        self._signs: list[str] = _SIGN.findall(formula)
        self._at = 0

    def sequence(self, depth: int) -> str:
        """Up to the brace that closes this group, which is taken too."""
        said = []
        while self._at < len(self._signs):
            sign = self._next()
            if sign == "}":
                if depth:
                    break
                continue
            said.append(self._say(sign, depth))
        return "".join(said)

    def _next(self) -> str:
        self._at += 1
        return self._signs[self._at - 1]

    def _say(self, sign: str, depth: int) -> str:
        if sign == "{":
            return self.sequence(depth + 1) if depth < _DEEPEST else ""
        if sign in "^_":
            return self._script(sign, depth)
        if sign in _SPACES:
            return " "
        if sign == "\\\\":
            return ", "
        return self._command(sign[1:], depth) if sign[0] == "\\" else sign

    def _script(self, mark: str, depth: int) -> str:
        text = self._argument(depth)
        if text.strip() in {"°", "′"}:
            return text.strip()
        if mark == "_":
            return text if _INDEX.fullmatch(text) else _grouped(text)
        return "^" + _grouped(text)

    def _command(self, name: str, depth: int) -> str:
        if name in {"frac", "dfrac", "tfrac", "cfrac"}:
            return f"{_grouped(self._argument(depth))}/{_grouped(self._argument(depth))}"
        if name in {"binom", "dbinom"}:
            return f"({self._argument(depth)}, {self._argument(depth)})"
        if name == "sqrt":
            return self._root(depth)
        if name in {"begin", "end"}:
            self._argument(depth)
            return " "
        if name in _SPACES or "\\" + name in _SPACES:
            return " "
        return "" if name in _SILENT else _SYMBOLS.get(name, name)

    def _root(self, depth: int) -> str:
        degree = ""
        if self._at < len(self._signs) and (found := re.match(r"\[(\w+)\]", self._signs[self._at])):
            degree = found[1]
            self._signs[self._at] = self._signs[self._at][found.end() :]
        return _ROOTS.get(degree, f"{degree}√") + _grouped(self._argument(depth))

    def _argument(self, depth: int) -> str:
        """A group, a command, or one code point."""
        while self._at < len(self._signs) and not self._signs[self._at].strip():
            self._at += 1
        if self._at >= len(self._signs) or self._signs[self._at] == "}" or depth >= _DEEPEST:
            return ""
        sign = self._signs[self._at]
        if sign[0] not in "{\\^_" and len(sign) > 1:
            self._signs[self._at] = sign[1:]
            return sign[0]
        return self._say(self._next(), depth + 1)
