"""Just enough of C++'s shape for tidy: where code is, and where functions begin and end."""

import re

_TOKEN = re.compile(
    r"""
    //[^\n]*                                  # comment to the end of the line
  | /\*.*?\*/                                 # comment
  | R"(?P<tag>[^\s()\\]{0,16})\(.*?\)(?P=tag)"  # raw string
  | "(?:\\.|[^"\\\n])*"                       # string
  | (?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'      # character, not a digit separator
    """,
    re.S | re.X,
)
_CONTAINER = re.compile(r"\b(namespace|class|struct|union|enum)\b|\bextern\s*$")


def blank(text):
    """The text with comments and strings turned to spaces, lines kept."""
    return _TOKEN.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def functions(text):
    """[(first line, last line, title)] of every function body outside other functions.

    Rests on the project's format: a body's `{` follows a space, an initialiser's does not.
    """
    code = re.sub(r"^\s*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m[0]),
                  blank(text), flags=re.M)
    result, stack, head_start, start = [], [], 0, None
    depth = 0  # of parentheses in the head
    for place, char in enumerate(code):
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "{":
            kind = _kind(code, head_start, place, depth, "function" in stack)
            if kind == "function":
                start = head_start
            stack.append(kind)
            if kind != "initialiser":
                head_start = place + 1
                stack[-1] = kind
        elif char == "}" and stack:
            kind = stack.pop()
            if kind == "function":
                result.append(_span(code, start, place))
            if kind != "initialiser":
                head_start = place + 1
        elif char == ";" and depth == 0 and "initialiser" not in stack:
            head_start = place + 1
    return result


def _kind(code, head_start, place, depth, is_inside):
    """What the `{` at `place` opens: a container, a function, a block in one, an initialiser."""
    if is_inside:
        return "block"
    head = code[head_start:place]
    if depth > 0 or head.rstrip().endswith(("=", ",", "(")):
        return "initialiser" if "[" not in head else "block"
    if not code[place - 1].isspace():
        return "initialiser"
    flat = re.sub(r"\btemplate\s*<[^{};]*?>\s*(?=\n|\w)", "", head)
    if _CONTAINER.search(flat) and not re.search(r"\)\s*(const|noexcept|override|->.*)?\s*$", flat):
        return "container"
    return "function" if "(" in flat else "container"


def _span(code, start, end):
    head = code[start:end]
    lead = len(head) - len(head.lstrip())
    first = code.count("\n", 0, start + lead) + 1
    last = code.count("\n", 0, end) + 1
    title = re.search(r"([\w:~]+)\s*\(", head)
    return first, last, title[1] if title else "a function"
