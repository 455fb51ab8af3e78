"""One mark at a time: what it is taken for, and what looks like it and is not."""

import pytest

from tests.text.cleaner.cleaning import cleaned

SAME = (
    "2*3*4 · 5 * 3 · snake_case_name · C# · C++ · **kwargs · *args · f(*items) · f(**options)"
    " · __init__ · _my_name · *.py · 5* · a ** b · x**2 · ^_^ · >_< · :-) · ¯\\_(ツ)_/¯ · <3 · ~5 · a || b"
)


@pytest.mark.parametrize("text", SAME.split(" · "))
def test_what_is_no_emphasis_stays(text: str):
    assert cleaned(f"Look: {text} ok") == f"Look: {text} ok"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("**bold** *it* ***both*** __b__ _i_ ~~s~~ ||h||", "bold it both b i s h"),
        ("**bold *in* bold** and *it **in** it*", "bold in bold and it in it"),
        ("**never closed", "never closed"),
        ("(**in** parentheses), “*quoted*”.", "(in parentheses), “quoted”."),
        ("**重点**：这是**重点**内容。**注意：**内容", "重点：这是重点内容。注意：内容"),
        ("wait **** what ______ here", "wait what here"),
        ("**Note:**text", "Note:text"),
    ],
)
def test_emphasis_is_heard_without_its_marks(text: str, said: str):
    assert cleaned(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("*waves*", ""),
        ("*waves* Hello.", "Hello."),
        ("*waves* hello.", "waves hello."),
        ("Hi. *She smiles.* Come in.", "Hi. Come in."),
        ("Hi there *waves*", "Hi there waves"),
        ("*Jede* Frau", "Jede Frau"),
        ("*Note:* This", "Note: This"),
        ("- *Dune*\n- *Emma*", "Dune\nEmma"),
        ("*looks **up** slowly* Yes?", "Yes?"),
        ("*微笑* 你好", "你好"),
        ("*重点*是", "重点是"),
        ("*begins and never ends", "begins and never ends"),
    ],
)
def test_a_stage_direction_is_a_sentence_of_its_own(text: str, said: str):
    assert cleaned(text) == said
    assert cleaned(text, stage="speak") == " ".join(text.replace("*", "").split(" ")).replace("- ", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# A\n## B ##\n#tag\n###C", "A\nB\n#tag\nC"),
        ("Title\n===\nSub\n---\ntext", "Title\nSub\ntext"),
        ("- a\n* b\n+ c\n• d", "a\nb\nc\nd"),
        ("1. a\n2) b\n10. c", "1. a\n2) b\n10. c"),
        ("- [ ] a\n- [x] b\n1. [X] c", "a\nb\n1. c"),
        ("a\n\n---\n* * *\n___\nb", "a\nb"),
        ("> a\n>> b\n> - c\n>= d", "a\nb\nc\n>= d"),
        ("> [!NOTE]\n> Read this.", "NOTE\nRead this."),
        ("a\n\n    code\n\n    code\n\nb", "a\nb"),
        ("- a\n\n    more\n\nb\n\n    code", "a\nmore\nb\n"),
        ("```js\nx\n``\n```\na\n~~~\n```\n~~~\nb", "a\nb"),
        ("- a\n  ```\n  x\n  ```\n- b", "a\nb"),
        ("a\n```\nnever closed", "a\n"),
        ("``` not a fence ```", "not a fence"),
        ("-5 degrees\n--flag\n-> x", "-5 degrees\n--flag\n-> x"),
        ("a  \nb\\\nc", "a\nb\nc"),
    ],
)
def test_blocks(text: str, said: str):
    assert cleaned(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("| A | B |\n|---|:-:|\n| 1 | 2 |", "A, B\n1, 2"),
        ("A | B\n--|--\n1 | 2", "A, B\n1, 2"),
        ("|A|B|\n|-|-|\n|1|2|\nend", "A, B\n1, 2\nend"),
        ("| A. | | B |\n| :--- | --- | --- |\n||x|", "A. B\nx"),
        ("| 甲 | 乙 |\n|---|---|", "甲，乙\n"),
        ("|x| < 5 and |y|", "|x| < 5 and |y|"),
        ("| a \\| b | `c` |", "a | b, c"),
    ],
)
def test_tables_are_heard_row_by_row(text: str, said: str):
    assert cleaned(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[a](http://x "t"), [b](<x y>), [c]( u (t) ), [d](u(v)w)', "a, b, c, d"),
        ("[a [b] c](u) ![alt](i) [![x](i)](u) [](u)", "a [b] c alt x"),
        ("[a][b] [a][] x[1][2] [1][2] [c]", "a a x[1][2] [1][2] [c]"),
        ("[a](see the manual", "[a](see the manual"),
        ("a[^1]\n\n[^1]: note\n[id]: http://x", "a\nnote\n"),
        ("x【4:0†a.pdf】.", "x."),
        (f"![x](data:image/png;base64,{'A' * 3000}) y", "x y"),
        ("Hey![x](u)", "Hey!x"),
    ],
)
def test_links_are_their_text(text: str, said: str):
    assert cleaned(text) == said


@pytest.mark.parametrize(
    ("text", "host", "skipped"),
    [
        ("at https://www.a.co/b_c?d=e#f.", "at a.co.", "at."),
        ("(https://a.co/b_(c))", "(a.co)", "()"),
        ("<https://a.co/b>, http://u:p@a.co:80/", "a.co, a.co", ", "),
        ("**https://a.co**", "a.co", ""),
        ("访问https://a.cn查看", "访问a.cn查看", "访问查看"),
        ("a.com/b, and/or, node.js/x", "a.com, and/or, node.js/x", "a.com, and/or, node.js/x"),
        ("a_b@c.de <a_b@c.de> <mailto:a@c.de>", "a_b@c.de a_b@c.de a@c.de", "a_b@c.de a_b@c.de a@c.de"),
        (f"https://a.co/{'x' * 2000} end", "a.co end", "end"),
    ],
)
def test_addresses(text: str, host: str, skipped: str):
    assert cleaned(text) == host
    assert cleaned(text, urls="skip") == skipped
    assert cleaned(text, urls="speak").count("https://") == text.count("https://")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<p>a</p><p>b<br/>c</p>", "a\nb\nc\n"),
        ("<ul><li>a<li>b</ul>", "a\nb\n"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a, b\n"),
        ('<a href="x>y" class=z>a</a> <b>b</b>', "a b"),
        ("a < b, x<3, a<b and c>d, List<String>, <name>", "a < b, x<3, a<b and c>d, List<String>, <name>"),
        ("a<script>if (a < b) x()</script>b<style>p {}</style>", "ab"),
        ("a <!-- b --> c", "a c"),
        ('<img src="x" alt="A  cat">', "A cat"),
        ("AT&amp;T R&D &lt;b&gt; &#8364;5 &nbsp;&hellip; &bogus; &#0;", "AT&T R&D <b> €5 … &bogus; "),
        ('<speak>a<break time="1s"/> <prosody rate="slow">b</prosody></speak>', "a b"),
    ],
)
def test_html(text: str, said: str):
    assert cleaned(text) == said


@pytest.mark.parametrize(
    "text", ["<think>a\n\n# b</think>\n\n# C", "<THINKING>a</thinking>C", "C<think>never closed", "</think>C"]
)
def test_thoughts_are_not_heard(text: str):
    assert cleaned(text) == "C"
    assert cleaned(text, markdown="raw").lstrip("# ") == "C"


def test_thoughts_are_heard_if_asked_for():
    assert cleaned("<think>a *b*</think>c", think="speak") == "a b\nc"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$x^2$, $a_1$, $\\frac{a+1}{2}$", "x^2, a1, (a+1)/2"),
        ("\\(a \\times b\\) \\[\\sqrt{2}\\] $$\\pi\n$$", "a × b √2 π"),
        ("$2x + 3 = 7$, $100$, $1/2$", "2x + 3 = 7, 100, 1/2"),
        ("$5 and $10, $5-10 per month, US$5, $$ and $$$", "$5 and $10, $5-10 per month, US$5, $$ and $$$"),
        ("$HOME is $PATH", "$HOME is $PATH"),
        ("\\*a\\* 1\\. C:\\Users \\\\", "*a* 1. C:\\Users \\"),
    ],
)
def test_formulas_and_money(text: str, said: str):
    assert cleaned(text) == said


@pytest.mark.parametrize(
    ("text", "dropped", "named"),
    [
        ("Yes 🎉!", "Yes!", "Yes party popper!"),
        ("a🎉🎉b", "ab", "a party popper b"),
        ("👩🏽‍🚀 👍🏿 ❤️", "", "woman astronaut thumbs up red heart"),
        ("🇫🇷 🏴󠁧󠁢󠁳󠁣󠁴󠁿", "", "France flag Scotland flag"),
        ("1️⃣ #️⃣ *️⃣ ℹ️ ©️ ↔ ♯", "1 # * © ↔ ♯", "1 # * information © ↔ ♯"),
    ],
)
def test_emoji(text: str, dropped: str, named: str):
    assert cleaned(text) == dropped
    assert cleaned(text, emoji="name") == named


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\u200bb\u00adc\u202e\ufeff\x00\ue000d", "abcd"),
        ("می\u200cخواهم क्\u200dष न्\u200d x\u200dy \u200c", "می\u200cخواهم क्\u200dष न्\u200d xy"),
        ("10\u00a0000 a\u00a0 b\u3000c\t d", "10\u00a0000 a b c d"),
        ("\n\n a \n \n\n b\r\nc\u2028d", "a\nb\nc\nd"),
    ],
)
def test_white_space_and_hidden_characters(text: str, said: str):
    assert cleaned(text) == said


def test_raw_text_is_no_markdown():
    text = "# a *b* `c` [d](e) &amp; <b> $x$\n- f | g"
    assert cleaned(text, markdown="raw") == text


def test_code_is_heard_if_asked_for():
    assert cleaned("a\n```py\nx = *y*\n\n\n  z\n```\nb", code="speak") == "a\nx = *y*\nz\nb"
