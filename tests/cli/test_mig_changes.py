import json
import re
from pathlib import Path

import pytest
import yaml

from ai_platform.cli import main as cli

POOL = {"name": "h100", "machine": "p5.48xlarge", "mig": "auto"}


def file(path, *, pools=(POOL,), **quotas):
    """A description whose teams have these quotas of the pool h100."""
    teams = [
        {"name": team, "quota": {"h100": {key: {"nominal": count} for key, count in has.items()}}}
        for team, has in quotas.items()
    ]
    data = {"name": "test", "cluster": {"provider": "simulated"}, "node_pools": list(pools), "teams": teams}
    path.write_text(yaml.dump(data, None, yaml.CSafeDumper))
    return str(path)


@pytest.fixture
def old(tmp_path):
    return file(tmp_path / "old.yaml", a={"1g.10gb": 28}, b={"3g.40gb": 4})


@pytest.fixture
def new(tmp_path):
    return file(tmp_path / "new.yaml", a={"1g.10gb": 21}, b={"3g.40gb": 6})


@pytest.fixture
def full(tmp_path):
    """A way back from here has nothing to spare."""
    pool = {"name": "h100", "machine": "a2-ultragpu-1g", "max_nodes": 2}
    ones, halves, mixed = (
        {"nodes": 1, "gpus": [{"count": 1, "devices": d}]}
        for d in ({"1g.10gb": 7}, {"3g.40gb": 2}, {"1g.10gb": 4, "3g.40gb": 1})
    )
    quotas = {"a": {"1g.10gb": 4}, "b": {"3g.40gb": 2}}
    return [
        file(tmp_path / f"{n}.yaml", pools=[{**pool, "mig": mig}], **quotas)
        for n, mig in enumerate(([ones, halves], [mixed, mixed], [halves, ones]))
    ]


def out(capsys, *arguments, code=0):
    assert cli.main(["mig", *arguments]) == code
    return capsys.readouterr().out


def test_a_change_is_shown_with_its_gpus_and_what_teams_keep(capsys, old, new):
    text = out(capsys, new, "--from", old)
    assert "h100: 1 of 8 GPUs drained in 1 step, 7 GPUs keep running; fewer can't be drained" in text
    assert re.search(r"│ 1 +│ node 0: GPU 2 +│ 7x1g\.10gb +│ 2x3g\.40gb │", text)
    assert "a 21 of 28" in text
    assert text.endswith("in these steps every team keeps what it is guaranteed\n")


def test_where_other_layouts_might_drain_fewer_the_bound_is_shown(capsys, tmp_path):
    # In smaller pools the fewest are found and proven.
    pool = {**POOL, "max_nodes": 16}
    before, after = (
        file(
            tmp_path / f"{name}.yaml",
            pools=[pool],
            a={"1g.10gb": ones, "1g.20gb": 20},
            b={"3g.40gb": halves, "2g.20gb": 28},
        )
        for name, ones, halves in (("before", 312, 36), ("after", 240, 56))
    )
    (data,) = json.loads(out(capsys, after, "--from", before, "--json"))["pools"]
    gone = sum(len(step["gpus"]) for step in data["steps"])
    assert 0 < data["drained_bound"] < gone
    text = out(capsys, after, "--from", before)
    assert f"{gone} of 128 GPUs drained" in text
    assert f"of layouts as good at least {data['drained_bound']} are drained" in text


def test_the_same_description_twice_changes_nothing(capsys, old):
    assert out(capsys, old, "--from", old) == "unchanged: h100\nevery team keeps what it is guaranteed\n"


def test_a_clear_no_fails_and_names_the_spare_gpus(capsys, full):
    text = out(capsys, full[1], "--from", full[0], code=1)
    assert "1 spare GPU, cut as needed while the change lasts, makes it possible, fewer don't" in text
    assert text.endswith("no safe order: h100\n")


def test_json_holds_the_steps_and_what_each_does_to_each_team(capsys, old, new):
    data = json.loads(out(capsys, new, "--from", old, "--json"))
    (pool,) = data["pools"]
    assert (data["safe"], pool["verdict"], pool["fewest_drained"]) == (True, "changed", 1)
    assert pool["drained_bound"] == 1
    assert pool["kept"] == [{"node": 0, "gpus": [0, 1, 3, 4, 5, 6, 7]}]
    assert pool["steps"] == [
        {
            "gpus": [{"node": 0, "gpu": 2, "before": {"1g.10gb": 7}, "after": {"3g.40gb": 2}}],
            "layouts": [{"node": 0, "layout": "3x-3g.40gb-2-3x-1g.10gb-7-2x-whole"}],
            "devices": [
                {
                    "device": "1g.10gb",
                    "drained": 7,
                    "left": 21,
                    "guaranteed": 21,
                    "teams": [{"team": "a", "before": 28, "after": 21, "least": 21}],
                }
            ],
        }
    ]


def test_layouts_in_another_order_are_written_out_for_the_description(capsys, full):
    text = out(capsys, full[2], "--from", full[0])
    assert "h100: 2 GPUs keep running\n" in text
    assert "as the description stands, 2 GPUs would be drained; to drain 0, write into the pool\n" in text
    mig = yaml.load(text.split("write into the pool\n")[1].split("\n\n")[0], yaml.CSafeLoader)["mig"]
    assert mig == yaml.load(Path(full[0]).read_text(), yaml.CSafeLoader)["node_pools"][0]["mig"]
    (pool,) = json.loads(out(capsys, full[2], "--from", full[0], "--json"))["pools"]
    assert (pool["verdict"], pool["drained_as_written"], pool["mig"]) == ("unchanged", 2, mig)


def test_json_of_a_clear_no_says_how_many_gpus_are_missing(capsys, full):
    data = json.loads(out(capsys, full[1], "--from", full[0], "--json", code=1))
    (pool,) = data["pools"]
    assert pool["fewest_drained"] == 2
    assert (data["safe"], pool["steps"]) == (False, [])
    assert (pool["spare_gpus"], pool["spare_gpus_bound"]) == (1, 1)


def test_the_config_holds_every_layout_before_on_the_way_and_after(capsys, old, new):
    configs = yaml.load(out(capsys, new, "--from", old, "--config"), yaml.CSafeLoader)["mig-configs"]
    assert list(configs) == [
        "all-disabled",
        "2x-3g.40gb-2-4x-1g.10gb-7-2x-whole",
        "3x-3g.40gb-2-3x-1g.10gb-7-2x-whole",
    ]


def test_whole_nodes_are_drained_at_once_where_asked_for(capsys, tmp_path, new):
    before = file(tmp_path / "before.yaml", c={"3g.40gb": 2})
    assert "5 of 8 GPUs drained in 1 step, 3 GPUs keep running" in out(capsys, new, "--from", before)
    text = out(capsys, new, "--from", before, "--whole-nodes")
    assert "8 of 8 GPUs drained in 1 step, 0 GPUs keep running" in text


def test_pools_that_come_go_or_change_their_machine_are_named(capsys, tmp_path, old):
    pools = [{"name": "h100", "machine": "a3-highgpu-8g"}, {"name": "l4", "machine": "g6.xlarge"}]
    new = file(tmp_path / "new.yaml", pools=pools, a={"gpus": 2})
    there, back = out(capsys, new, "--from", old), out(capsys, old, "--from", new)
    assert "h100: its machine changes from p5.48xlarge to a3-highgpu-8g; safe when the new nodes" in there
    assert "l4: new, 1 GPU\n" in there
    assert "l4: removed, with its 1 GPU\n" in back


def test_nodes_that_join_are_told_from_gpus_that_are_drained(capsys, tmp_path, old):
    more = file(tmp_path / "more.yaml", pools=[{**POOL, "max_nodes": 2}], a={"1g.10gb": 28}, b={"3g.40gb": 4})
    assert "h100: 8 GPUs more, 8 GPUs keep running" in out(capsys, more, "--from", old)
    assert "leaves" in out(capsys, old, "--from", more)


def test_many_teams_are_counted_and_those_that_lose_come_first(capsys, tmp_path):
    teams = {f"team-{n}": {"1g.10gb": 3} for n in range(9)}
    old = file(tmp_path / "old.yaml", **teams, last={"1g.10gb": 1})
    fewer = {f"team-{n}": {"1g.10gb": 1} for n in (6, 7, 8)}
    new = file(tmp_path / "new.yaml", **(teams | fewer), b={"3g.40gb": 2})
    text = out(capsys, new, "--from", old)
    assert "4 more teams, all of theirs" in text


def test_a_layout_of_a_gpu_that_nobody_listed_is_shown_as_provisional(capsys, tmp_path):
    pool = {"name": "h100", "machine": "p5en.48xlarge", "mig": "auto"}
    old = file(tmp_path / "old.yaml", pools=[pool], a={"1g.18gb": 7})
    new = file(tmp_path / "new.yaml", pools=[pool], a={"1g.18gb": 14})
    assert "provisional: MIG placements follow from" in out(capsys, new, "--from", old)


def test_the_problems_of_both_descriptions_come_in_one_error(capsys, tmp_path):
    files = [file(tmp_path / f"{n}.yaml", a={"9g.10gb": 1}) for n in range(2)]
    assert cli.main(["mig", files[0], "--from", files[1]]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: both descriptions: 2 problems")
    assert all(f"{path}: teams[0].quota.h100.9g.10gb" in error for path in files)


@pytest.mark.parametrize(
    "arguments",
    [
        ["new.yaml", "--from", "no.yaml"],
        ["h100-80gb x8: 1xgpus", "--from", "old.yaml"],
        ["old.yaml", "--from", "h100-80gb x8: 1xgpus"],
        ["old.yaml", "--from", "old.yaml", "--svg", "x.svg"],
        ["old.yaml", "--whole-nodes"],
    ],
)
def test_bad_input_is_one_error_and_not_a_traceback(capsys, arguments, old, new, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["mig", *arguments]) == 2
    assert capsys.readouterr().err.count("error: ") == 1


def test_the_change_in_the_docs_is_the_one_of_the_command(capsys, monkeypatch, tmp_path):
    docs = (Path(__file__).parents[2] / "docs" / "mig.md").read_text()
    section = docs.split("## What a changed description does")[1].split("\n## ")[0]
    old, teams = re.findall(r"```yaml\n(.*?)```", section, re.S)
    shown = re.search(r"```text\n(.*?)```", section, re.S).group(1)
    monkeypatch.chdir(tmp_path)
    Path("old.yaml").write_text(old)
    Path("new.yaml").write_text(old.split("teams:")[0] + teams)
    assert out(capsys, "new.yaml", "--from", "old.yaml") == shown
