import pytest

from monitor.core.rules import compile_rules
from monitor.core.text.document import read
from monitor.model import Rule


def rules_of(*queries, lists=None, **settings):
    """The rule set of these queries, rule "0", "1", …; every one must be right."""
    rules = [Rule(id=str(number), query=query, **settings) for number, query in enumerate(queries)]
    compiled, problems = compile_rules(rules, lists or {})
    assert not [problem for problem in problems if problem.severity == "error"], problems
    return compiled


@pytest.fixture
def marked():
    """What a query marks in an entry: the texts of its spans, or None where it does not match."""

    def mark(query, title="", *, lists=None, languages=frozenset(), **entry):
        document = read(title=title, **entry)
        texts = document.texts()
        for match in rules_of(query, lists=lists, languages=languages).match(document):
            return [texts[span.field][span.start : span.end] for span in match.spans]
        return None

    return mark
