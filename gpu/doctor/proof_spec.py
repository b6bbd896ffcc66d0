"""What a proof of a pool is asked."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ...components.images import ImageWithDigest
from ...components.names import Name
from ..mig.layout import WHOLE_GPU
from ..spec import TaintSpec
from .bandwidth import threshold


class FabricProofArgs(BaseModel):
    """Which pool is proven, and with what."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    image: ImageWithDigest
    """Image with Python, torch with NCCL, and the fabric's NCCL plugin; pinned by digest."""
    pool: Name
    """Node pool."""
    machine: str
    """Its machine type; the threshold is that of this row."""
    gpus_per_node: Annotated[int, Field(ge=1, le=16)]
    """Whole GPUs of each node."""
    nodes: Annotated[int, Field(ge=1, le=1000)]
    """Nodes that must show a GPU: those that always run."""
    resource: str = WHOLE_GPU
    """What one pod of the first job takes of a node. Default: nvidia.com/gpu; a MIG resource on cut nodes."""
    fabric_nodes: Annotated[int, Field(ge=0, le=1000)] = 2
    """Whole nodes of the all-reduce; 0 for none, as on nodes that are cut. Default: 2."""
    minimum_gb_per_s: Annotated[float, Field(gt=0)] | None = None
    """Bus bandwidth that must be reached. Default: that of the machine's row, or not judged without one."""
    taints: list[TaintSpec] = Field(default_factory=list)
    """Taints of the pool beside nvidia.com/gpu. Default: none."""
    run: Name = "first"
    """Any other name proves again. Default: first."""
    namespace: Name = "fabric-proof"
    """Namespace that is made for it. Default: fabric-proof."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Cost labels of its namespace and pods. Default: none."""
    deadline_seconds: Annotated[int, Field(ge=60, le=86400)] = 3600
    """A proof that found no nodes for so long has failed. Default: 3600."""

    @property
    def least_gb_per_s(self) -> float | None:
        """What the all-reduce is judged by."""
        return self.minimum_gb_per_s or threshold(self.machine, self.fabric_nodes)
