import datetime

from ai_platform.policy.leave import Leave, given, unneeded, wrong
from tests.policy.gates import BY_NAME, TODAY

RULES = list(BY_NAME)


def leave(subject="prod-*", rule="pod-security", until="2026-12-31"):
    return {
        "rule": rule,
        "subject": subject,
        "who": "Ada",
        "why": "it reads the host's files",
        "until": until,
    }


def settings(*exceptions, **more):
    return {"exceptions": list(exceptions), **more}


def test_an_exception_covers_its_rule_and_its_subjects_until_its_last_day():
    held = Leave(given(settings(leave())), datetime.date(2026, 12, 31))
    assert held.covers("pod-security", "prod-operator")
    assert not held.covers("pod-security", "dev-operator")
    assert not held.covers("cost-tags", "prod-operator")
    assert not Leave(held.given, datetime.date(2027, 1, 1)).covers("pod-security", "prod-operator")


def test_an_expired_exception_fails_by_itself():
    [line] = wrong(settings(leave(until="2026-11-01")), TODAY, RULES)
    assert line.startswith(
        "exception to pod-security for prod-*, given by Ada until 2026-11-01: it ended 20 days"
    )
    assert list(wrong(settings(leave()), TODAY, RULES)) == []


def test_an_exception_or_a_level_for_no_rule_and_one_that_can_not_be_read_fail():
    found = list(wrong(settings(leave(rule="pod-securty"), {"rule": "x"}, levels=["budgets"]), TODAY, RULES))
    assert "'budgets', which is no rule" in found[0]
    assert "there is no rule 'pod-securty'" in found[1]
    assert "an exception can't be read: subject: Field required" in found[2]


def test_an_exception_that_excuses_nothing_is_told():
    def told(subject, used=(), unseen=(), **more):
        given_ = settings(leave(subject), **more)
        return list(unneeded(given_, TODAY, set(used), ["prod-operator", "prod-objects"], unseen))

    assert "nothing breaks the rule there any more" in told("prod-operator")[0]
    assert "no resource has that name" in told("dev-*")[0]
    assert told("dev-*", whole=False) == []
    assert told("prod-objects*", unseen=["prod-objects"]) == []
    assert told("prod-operator", used=given(settings(leave("prod-operator")))) == []
