"""What the gates judge, as small as it can be. ``BROKEN`` names the rules that it breaks."""

import hashlib
import json
import os

import pulumi

from ai_platform.components.cloud_objects import cloud_object
from ai_platform.components.objects import kubernetes_object

BROKEN = os.environ.get("BROKEN", "").split()
LABELS = {"environment": "staging", "managed-by": "ai-platform"}
PAYS = {"ai-platform/team": "chat", "ai-platform/environment": "staging"}
SAFE = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
DIGEST = hashlib.sha256(b"worker").hexdigest()


def broken(rule, value, otherwise):
    return value if rule in BROKEN else otherwise


gcp = pulumi.ProviderResource(
    "gcp",
    "gcp",
    {"project": "a-project", "region": "us-central1"},
    pulumi.ResourceOptions(version="10.2.0"),
)
kubernetes = pulumi.ProviderResource(
    "kubernetes",
    "kubernetes",
    {"renderYamlToDirectory": "rendered"},
    pulumi.ResourceOptions(version="4.25.0"),
)
cloud, own = pulumi.ResourceOptions(provider=gcp), pulumi.ResourceOptions(provider=kubernetes)
protected = pulumi.ResourceOptions(provider=gcp, protect="protected-state" not in BROKEN)

account = cloud_object(
    "account", "gcp:serviceaccount/account:Account", {"project": "a-project", "accountId": "writer"}, cloud
)
cloud_object(
    "corpus",
    "gcp:storage/bucket:Bucket",
    {
        "project": "a-project",
        "location": "US-CENTRAL1",
        "labels": broken("cost-tags", {}, LABELS),
        "publicAccessPrevention": broken("no-public-endpoint", "inherited", "enforced"),
    },
    protected,
)
# Only the apply knows the role.
role = broken("no-wildcard-rights", "roles/editor", "roles/storage.objectViewer")
cloud_object(
    "right",
    "gcp:projects/iAMMember:IAMMember",
    {"project": "a-project", "role": account.id.apply(lambda _: role), "member": "user:ada@example.com"},
    cloud,
)
partition = {"gpuPartitionSize": broken("mig-possible", "1g.10gb", "1g.5gb")}
cloud_object(
    "pool",
    "gcp:container/nodePool:NodePool",
    {
        "project": "a-project",
        "location": "us-central1",
        "nodeLocations": ["us-central1-a"],
        "cluster": "staging",
        "autoscaling": {"totalMinNodeCount": 0, "totalMaxNodeCount": broken("pools-as-planned", 9, 1)},
        "nodeConfig": {
            "machineType": "a2-highgpu-8g",
            "guestAccelerators": [{"type": "nvidia-tesla-a100", "count": 8, **partition}],
            "labels": {"ai-platform/pool": "a100"},
            "resourceLabels": broken("gpu-pool-ceiling-and-owner", LABELS, {**LABELS, "pool": "a100"}),
        },
    },
    protected,
)


def thing(name, version, kind, body, **metadata):
    shown = {"name": name, **metadata}
    kubernetes_object(name, {"apiVersion": version, "kind": kind, "metadata": shown, **body}, own)


level = broken("pod-security", "privileged", "restricted")
thing("chat", "v1", "Namespace", {}, labels={**PAYS, "pod-security.kubernetes.io/enforce": level})
types = broken("network-policy", ["Ingress"], ["Ingress", "Egress"])
deny = {"spec": {"podSelector": {}, "policyTypes": types}}
thing("deny", "networking.k8s.io/v1", "NetworkPolicy", deny, namespace="chat")
image = broken("images-by-digest", "registry.example/worker:1", f"registry.example/worker@sha256:{DIGEST}")
pod = {"containers": [{"name": "work", "image": image, "securityContext": SAFE}], "restartPolicy": "Never"}
job = {"spec": {"template": {"metadata": {"labels": PAYS}, "spec": pod}}}
thing("job", "batch/v1", "Job", job, namespace="chat")
quota = [{"name": "nvidia.com/gpu", "nominalQuota": broken("quota-sums", "99", "1")}]
group = {"coveredResources": ["nvidia.com/gpu"], "flavors": [{"name": "a100", "resources": quota}]}
thing("queue", "kueue.x-k8s.io/v1beta2", "ClusterQueue", {"spec": {"resourceGroups": [group]}})
evaluation = {"report": "gs://evaluations/chat.json", "sha256": DIGEST, "date": "2026-11-02"}
evidence = {"ai-platform/model-licence": "Apache-2.0", "ai-platform/evaluation": json.dumps(evaluation)}
thing(
    "endpoint",
    "serving.kserve.io/v1beta1",
    "InferenceService",
    {"spec": {"predictor": {"model": {"modelFormat": {"name": "vLLM"}}}}},
    namespace="chat",
    labels={**PAYS, "networking.kserve.io/visibility": "cluster-local"},
    annotations=broken("model-evidence", {}, evidence),
)
thing(
    "support",
    "v1",
    "ConfigMap",
    {"data": {"prompt.txt": "Be brief.", "version": "1.0.0"}},
    namespace="chat",
    labels={**PAYS, "ai-platform/prompt": "support", "ai-platform/prompt-version": "1.0.0"},
    annotations=broken("model-evidence", {}, {"ai-platform/evaluation": json.dumps(evaluation)}),
)
