import pulumi

from ai_platform.components.autoscaling import make_autoscaler
from ai_platform.components.charts_spec import ChartsSpec
from ai_platform.testing import record
from tests.clusters import EKS, GKE, SIMULATED

OWN = "ai-platform:index:ClusterAutoscaler"


def made(cluster):
    def program():
        make_autoscaler("prod-autoscaler", cluster, ChartsSpec(), pulumi.ResourceOptions())

    return [resource.name for resource in record(program).resources if resource.type == OWN]


def test_eks_gets_an_autoscaler():
    assert made(EKS) == ["prod-autoscaler"]


def test_gke_and_a_simulated_cluster_need_none():
    assert made(GKE) == made(SIMULATED) == made(None) == []
