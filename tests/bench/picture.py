"""Bars as SVG, readable on light and dark pages."""

from collections.abc import Mapping
from html import escape

WIDTH, LABEL, BAR, ROW, TITLE = 720, 90, 520, 24, 40
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 }
  rect { fill: #afb8c1 }
  .gateway { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    rect { fill: #57606a }
    .gateway { fill: #4493f8 }
  }
"""


def draw(groups: Mapping[str, Mapping[str, float]]) -> str:
    """Per group a title and its bars, cheapest first; the compiled relay is 1."""
    lines: list[str] = []
    y = 0
    for title, costs in groups.items():
        y += TITLE
        lines.append(f'<text class="title" x="0" y="{y - 12}">{escape(title)}</text>')
        most = max(costs.values())
        for name, cost in sorted(costs.items(), key=lambda item: item[1]):
            lines += _bar(name, cost, cost / most, y)
            y += ROW
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 8}" role="img">'
    caption = "<title>CPU of the gateway and of others; the compiled relay is 1</title>"
    return "\n".join([head, caption, f"<style>{STYLE}</style>", *lines, "</svg>"]) + "\n"


def _bar(name: str, cost: float, share: float, y: int) -> list[str]:
    length = max(2, round(share * BAR))
    return [
        f'<text x="{LABEL - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>',
        f'<rect class="{escape(name)}" x="{LABEL}" y="{y}" width="{length}" height="18" rx="3"/>',
        f'<text x="{LABEL + length + 8}" y="{y + 13}">{cost:.1f}</text>',
    ]
