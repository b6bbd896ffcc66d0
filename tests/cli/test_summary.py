from ai_platform.cli.summary import Summary, diagnostics, summary_in

UP = """\
Updating (local):

 +  kubernetes:core/v1:ConfigMap a creating (0s)
Diagnostics:
  kubernetes:core/v1:ConfigMap (a):
    error: 3 created is what this line says

Outputs:
    plan_digest: "7 updated"

Resources:
    + 2 created
    ~ 3 updated
    +-4 replaced
    9 changes. 70 unchanged

Duration: 3s
""".splitlines()


def test_the_summary_counts_what_stands_below_resources():
    assert summary_in(UP) == Summary(created=2, updated=3, replaced=4, unchanged=70)
    assert str(summary_in(UP)) == "2 created, 3 updated, 4 replaced, 70 unchanged"


def test_the_summary_reads_a_preview():
    assert summary_in(["Resources:", "    + 5 to create", "    - 1 to delete"]) == Summary(
        created=5, deleted=1
    )


def test_the_summary_says_when_nothing_changed():
    assert str(summary_in(["Resources:", "    76 unchanged"])) == "nothing changed: 76 objects as described"


def test_diagnostics_are_cut_out_of_the_output():
    said = "  kubernetes:core/v1:ConfigMap (a):\n    error: 3 created is what this line says"
    assert diagnostics(UP) == said


def test_without_diagnostics_the_last_lines_are_told():
    assert diagnostics(["error: the stack is locked"]) == "error: the stack is locked"
