from ai_platform.components.open_directory import OpenDirectory
from ai_platform.components.team_volume import Volume
from ai_platform.testing import record

FILES = Volume("files", "fsx.csi.aws.com", "fs-1", {"dnsname": "d", "mountname": "m"}, 4800)


def test_a_job_opens_the_file_system_that_it_mounts_and_can_do_nothing_else():
    recording = record(lambda: OpenDirectory("files-open", FILES))
    job = recording.only("kubernetes:batch/v1:Job").inputs
    pod = job["spec"]["template"]["spec"]
    claim = recording.only("kubernetes:core/v1:PersistentVolumeClaim").inputs["metadata"]
    [volume], [container] = pod["volumes"], pod["containers"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["name"]
    assert job["metadata"]["namespace"] == claim["namespace"] == "kube-system"
    assert container["command"] == ["chmod", "1777", container["volumeMounts"][0]["mountPath"]]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert pod["automountServiceAccountToken"] is False
