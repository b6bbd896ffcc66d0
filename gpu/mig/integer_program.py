"""Small integer programs, solved the same way on every machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_NODES = 2_000
"""Branches after which the solver stops. A limit of time would make the answer depend on the machine."""

_WHOLE_GAP = 0.99
"""Costs of whole columns are whole numbers, so an answer that is off by less than 1 is the best."""

_PROOF = (
    ("mip_heuristic_run_rins", False),
    ("mip_heuristic_run_rens", False),
    ("mip_heuristic_run_root_reduced_cost", False),
    ("mip_heuristic_run_zi_round", False),
    ("mip_heuristic_run_shifting", False),
    ("mip_allow_restart", False),
    ("mip_detect_symmetry", False),
    ("mip_lp_age_limit", 3),
)
"""Most of what is left out starts programs of its own, which takes longer than the few branches do."""


@dataclass(frozen=True, slots=True)
class Row:
    """``lower <= sum(coefficient * column) <= upper``; ``None`` is no limit."""

    coefficients: Mapping[int, int]
    lower: int | None = None
    upper: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver found; ``values`` is ``None`` when it found nothing."""

    values: tuple[int, ...] | None
    bound: float
    """No solution costs less. Infinite when there is none."""
    proven: bool
    """Whether ``values`` is optimal, or proven not to exist."""


@dataclass(frozen=True, slots=True)
class Columns:
    """A program whose columns are added one by one."""

    costs: list[int] = field(default_factory=list)
    uppers: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    flows: set[int] = field(default_factory=set)

    def add(self, upper: int, cost: int = 0, *, flow: bool = False) -> int:
        """The index of a new column."""
        if flow:
            self.flows.add(len(self.costs))
        self.costs.append(cost)
        self.uppers.append(upper)
        return len(self.costs) - 1

    def worth_at_least(self, worth: int) -> None:
        """Forbids what costs more than ``-worth``: to prove that nothing is better is then quick."""
        self.rows.append(Row({at: -cost for at, cost in enumerate(self.costs) if cost}, worth))

    def minimum(self, *, max_nodes: int, proof: bool = False) -> Answer:
        """See the function of this name."""
        return minimum(self.costs, self.uppers, self.rows, max_nodes=max_nodes, flows=self.flows, proof=proof)


def minimum(
    costs: Sequence[int],
    uppers: Sequence[int],
    rows: Sequence[Row],
    *,
    max_nodes: int = MAX_NODES,
    flows: Collection[int] = (),
    proof: bool = False,
) -> Answer:
    """Minimises ``costs`` over whole numbers from 0 to ``uppers`` that satisfy ``rows``.

    HiGHS on one thread with a fixed seed, no time limit and no gap: the same program has the same answer.
    ``flows`` are columns that come out whole by themselves once the others are, as in a transport problem; to
    say so is much quicker. ``proof``: the proof takes longer than to find the answer.
    """
    answer = _solved(costs, uppers, rows, max_nodes, flows, gap=_WHOLE_GAP, proof=proof)
    if answer.values is None or all(_holds(row, answer.values) for row in rows):
        return answer
    return _solved(costs, uppers, rows, max_nodes, (), gap=_WHOLE_GAP, proof=proof)


def relaxed_minimum(costs: Sequence[int], uppers: Sequence[int], rows: Sequence[Row]) -> float:
    """A number that no solution costs less than: the least cost when columns needn't be whole."""
    return _solved(costs, uppers, rows, 1, range(len(costs))).bound


def partly_relaxed_minimum(
    costs: Sequence[int],
    uppers: Sequence[int],
    rows: Sequence[Row],
    fractions: Collection[int],
    *,
    max_nodes: int = MAX_NODES,
) -> Answer:
    """As ``minimum``, while the columns ``fractions`` needn't be whole; their values are rounded ones."""
    # To say no takes a tenth of the time without simplifying first.
    return _solved(costs, uppers, rows, max_nodes, fractions, presolve="off")


def _holds(row: Row, values: Sequence[int]) -> bool:
    total = sum(coefficient * values[at] for at, coefficient in row.coefficients.items())
    return (row.lower is None or total >= row.lower) and (row.upper is None or total <= row.upper)


def _solved(
    costs: Sequence[int],
    uppers: Sequence[int],
    rows: Sequence[Row],
    max_nodes: int,
    flows: Collection[int],
    presolve: str = "choose",
    gap: float = 0.0,
    proof: bool = False,
) -> Answer:
    if not costs:
        fits = all((row.lower or 0) <= 0 and (row.upper is None or row.upper >= 0) for row in rows)
        return Answer((), 0.0, proven=True) if fits else Answer(None, float("inf"), proven=True)
    # Loading the solver takes longer than a plan that packs nothing.
    import highspy as typed_in_part
    import numpy as np

    highspy: Any = typed_in_part
    solver = highspy.Highs()
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", gap),
        ("mip_max_nodes", max_nodes),
        ("presolve", presolve),
        # On programs as small as these the search for a first solution takes longer than the rest.
        ("mip_heuristic_run_feasibility_jump", False),
        ("mip_heuristic_effort", 0.0),
        *(_PROOF if proof else ()),
    ):
        solver.setOptionValue(option, value)
    infinity = solver.getInfinity()
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(costs), len(rows)
    program.col_cost_ = np.array(costs, dtype=np.float64)
    program.col_lower_ = np.zeros(len(costs))
    program.col_upper_ = np.array(uppers, dtype=np.float64)
    program.row_lower_ = np.array([-infinity if row.lower is None else row.lower for row in rows])
    program.row_upper_ = np.array([infinity if row.upper is None else row.upper for row in rows])
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.cumsum([0, *(len(row.coefficients) for row in rows)], dtype=np.int32)
    program.a_matrix_.index_ = np.array([at for row in rows for at in row.coefficients], dtype=np.int32)
    program.a_matrix_.value_ = np.array([c for row in rows for c in row.coefficients.values()], np.float64)
    kinds = (highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous)
    program.integrality_ = [kinds[at in flows] for at in range(len(costs))]
    solver.passModel(program)
    solver.run()
    return _answer(solver, highspy)


def _answer(solver: Any, highspy: Any) -> Answer:
    status, info = solver.getModelStatus(), solver.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:
        return Answer(None, float("inf"), proven=True)
    proven = status == highspy.HighsModelStatus.kOptimal
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = tuple(round(value) for value in solver.getSolution().col_value) if found else None
    continuous = highspy.HighsVarType.kInteger not in solver.getLp().integrality_
    bound = info.objective_function_value if continuous and proven else info.mip_dual_bound
    return Answer(values, bound, proven=proven)
