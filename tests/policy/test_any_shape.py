"""Whatever a resource looks like, a rule says something or nothing. It never breaks down."""

from hypothesis import given
from hypothesis import strategies as st

from ai_platform.policy import exposure, protection, rights
from ai_platform.policy.catalog import RULES
from tests.examples import examples
from tests.policy.gates import NOT_YET, judged, made

WORDS = [
    "spec",
    "template",
    "containers",
    "initContainers",
    "volumes",
    "securityContext",
    "capabilities",
    "drop",
    "image",
    "metadata",
    "labels",
    "annotations",
    "policy",
    "Statement",
    "Principal",
    "Action",
    "Resource",
    "Effect",
    "ingress",
    "cidrBlocks",
    "vpcConfig",
    "rules",
    "subjects",
    "endpointPublicAccess",
    "verbs",
    "data",
    "resourceGroups",
    "flavors",
    "resources",
    "name",
    "nominalQuota",
    "scalingConfig",
    "maxSize",
    "nodeConfig",
    "guestAccelerators",
    "autoscaling",
    "taints",
    "tags",
    "podSelector",
    "policyTypes",
    "predictor",
]
VALUES = st.recursive(
    st.sampled_from([None, True, 0, 3.5, "", "*", "{", "10.0.0.0/33", "0.0.0.0/0", "Allow", NOT_YET]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=20,
)
KINDS = [
    "core/v1:Namespace",
    "core/v1:Service",
    "core/v1:ConfigMap",
    "batch/v1:Job",
    "networking.k8s.io/v1:NetworkPolicy",
    "networking.k8s.io/v1:Ingress",
    "rbac.authorization.k8s.io/v1:Role",
    "rbac.authorization.k8s.io/v1:RoleBinding",
    "kueue.x-k8s.io/v1beta2:ClusterQueue",
    "serving.kserve.io/v1beta1:InferenceService",
    "gateway.networking.k8s.io/v1:Gateway",
]
TYPES = sorted(
    {
        *exposure._LOOKS,
        *rights._POLICIES,
        *rights._ATTACHED,
        *protection.HELD,
        *(f"kubernetes:{kind}" for kind in KINDS),
        "aws:eks/nodeGroup:NodeGroup",
        "aws:ec2/launchTemplate:LaunchTemplate",
        "gcp:projects/iAMPolicy:IAMPolicy",
    }
)
PROPERTIES = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=5)


@given(st.lists(st.tuples(st.sampled_from(TYPES), PROPERTIES), min_size=1, max_size=4))
@examples(60)
def test_no_shape_breaks_a_rule(found):
    resources = tuple(
        made(type_, str(index), **properties) for index, (type_, properties) in enumerate(found)
    )
    for rule in RULES:
        assert isinstance(judged(rule, resources, {}), list), rule.name
