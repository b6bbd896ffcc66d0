"""IAM and KMS in moto."""

from __future__ import annotations

from typing import Any

from .aws_calls import Aws, Calls, Made, Values, changed_tags, outputs_of, pairs, shaped

_TRUST = {"assumeRolePolicy": "AssumeRolePolicyDocument", "name": "RoleName"}
_ROLE_REST = ("forceDetachPolicies", "inlinePolicies", "managedPolicyArns")


def _tags(new: Values) -> dict[str, Any]:
    return {"Tags": pairs(new["tagsAll"])} if new.get("tagsAll") else {}


def _role(aws: Aws, new: Values) -> Made:
    iam = aws.client("iam")
    said = iam.create_role(**shaped(iam, "create_role", new, _TRUST, _ROLE_REST), **_tags(new))["Role"]
    return Made(
        new["name"], {"arn": said["Arn"], "uniqueId": said["RoleId"], "createDate": "2026-01-01T00:00:00Z"}
    )


def _role_update(aws: Aws, identity: str, old: Values, new: Values) -> Values:
    iam = aws.client("iam")
    if old.get("assumeRolePolicy") != new.get("assumeRolePolicy"):
        iam.update_assume_role_policy(RoleName=identity, PolicyDocument=new["assumeRolePolicy"])
    if old.get("description") != new.get("description"):
        iam.update_role(RoleName=identity, Description=new.get("description", ""))
    put, gone = changed_tags(old, new)
    if put:
        iam.tag_role(RoleName=identity, Tags=pairs(put))
    if gone:
        iam.untag_role(RoleName=identity, TagKeys=gone)
    return {}


def _inline(aws: Aws, new: Values) -> Made:
    put = {"RoleName": new["role"], "PolicyName": new["name"], "PolicyDocument": new["policy"]}
    aws.client("iam").put_role_policy(**put)
    return Made(f"{new['role']}:{new['name']}", {})


def _inline_update(aws: Aws, _: str, _old: Values, new: Values) -> Values:
    _inline(aws, new)
    return {}


def _no_inline(aws: Aws, _: str, old: Values) -> None:
    aws.client("iam").delete_role_policy(RoleName=old["role"], PolicyName=old["name"])


def _attachment(aws: Aws, new: Values) -> Made:
    aws.client("iam").attach_role_policy(RoleName=new["role"], PolicyArn=new["policyArn"])
    return Made(f"{new['role']}/{new['policyArn']}", {})


def _no_attachment(aws: Aws, _: str, old: Values) -> None:
    aws.client("iam").detach_role_policy(RoleName=old["role"], PolicyArn=old["policyArn"])


def _policy(aws: Aws, new: Values) -> Made:
    iam = aws.client("iam")
    names = {"name": "PolicyName", "policy": "PolicyDocument"}
    said = iam.create_policy(**shaped(iam, "create_policy", new, names), **_tags(new))["Policy"]
    return Made(said["Arn"], {"arn": said["Arn"], "policyId": said["PolicyId"], "attachmentCount": 0})


def _policy_update(aws: Aws, identity: str, old: Values, new: Values) -> Values:
    iam = aws.client("iam")
    if old["policy"] != new["policy"]:
        said = iam.create_policy_version(PolicyArn=identity, PolicyDocument=new["policy"], SetAsDefault=True)
        for version in iam.list_policy_versions(PolicyArn=identity)["Versions"]:
            if version["VersionId"] != said["PolicyVersion"]["VersionId"]:
                iam.delete_policy_version(PolicyArn=identity, VersionId=version["VersionId"])
    put, gone = changed_tags(old, new)
    if put:
        iam.tag_policy(PolicyArn=identity, Tags=pairs(put))
    if gone:
        iam.untag_policy(PolicyArn=identity, TagKeys=gone)
    return {}


def _profile(aws: Aws, new: Values) -> Made:
    iam = aws.client("iam")
    path = {"Path": new["path"]} if new.get("path") else {}
    said = iam.create_instance_profile(InstanceProfileName=new["name"], **path, **_tags(new))[
        "InstanceProfile"
    ]
    if new.get("role"):
        iam.add_role_to_instance_profile(InstanceProfileName=new["name"], RoleName=new["role"])
    return Made(new["name"], {"arn": said["Arn"], "uniqueId": said["InstanceProfileId"]})


def _no_profile(aws: Aws, identity: str, old: Values) -> None:
    iam = aws.client("iam")
    if old.get("role"):
        iam.remove_role_from_instance_profile(InstanceProfileName=identity, RoleName=old["role"])
    iam.delete_instance_profile(InstanceProfileName=identity)


def _issuer(aws: Aws, new: Values) -> Made:
    said = aws.client("iam").create_open_id_connect_provider(
        Url=new["url"],
        ClientIDList=new["clientIdLists"],
        ThumbprintList=new.get("thumbprintLists", []),
        **_tags(new),
    )
    return Made(said["OpenIDConnectProviderArn"], {"arn": said["OpenIDConnectProviderArn"]})


_KEY_NAMES = {"customerMasterKeySpec": "KeySpec"}
_KEY_REST = ("deletionWindowInDays", "enableKeyRotation", "rotationPeriodInDays", "isEnabled")


def _key(aws: Aws, new: Values) -> Made:
    kms = aws.client("kms")
    tags = {"Tags": pairs(new.get("tagsAll", {}), "TagKey", "TagValue")}
    said = kms.create_key(**shaped(kms, "create_key", new, _KEY_NAMES, _KEY_REST), **tags)["KeyMetadata"]
    identity = said["KeyId"]
    _rotation(aws, identity, new)
    return Made(
        identity, {"arn": said["Arn"], "keyId": identity} | outputs_of(said, ("multiRegion", "description"))
    )


def _rotation(aws: Aws, identity: str, new: Values) -> None:
    kms = aws.client("kms")
    if new.get("enableKeyRotation"):
        period = (
            {"RotationPeriodInDays": new["rotationPeriodInDays"]} if "rotationPeriodInDays" in new else {}
        )
        kms.enable_key_rotation(KeyId=identity, **period)


def _key_update(aws: Aws, identity: str, old: Values, new: Values) -> Values:
    kms = aws.client("kms")
    _rotation(aws, identity, new)
    if old.get("enableKeyRotation") and not new.get("enableKeyRotation"):
        kms.disable_key_rotation(KeyId=identity)
    if old.get("description") != new.get("description"):
        kms.update_key_description(KeyId=identity, Description=new.get("description", ""))
    if old.get("policy") != new.get("policy") and new.get("policy"):
        kms.put_key_policy(KeyId=identity, PolicyName="default", Policy=new["policy"])
    put, gone = changed_tags(old, new)
    if put:
        kms.tag_resource(KeyId=identity, Tags=pairs(put, "TagKey", "TagValue"))
    if gone:
        kms.untag_resource(KeyId=identity, TagKeys=gone)
    return {}


def _no_key(aws: Aws, identity: str, old: Values) -> None:
    aws.client("kms").schedule_key_deletion(
        KeyId=identity, PendingWindowInDays=old.get("deletionWindowInDays", 30)
    )


def _alias(aws: Aws, new: Values) -> Made:
    aws.client("kms").create_alias(AliasName=new["name"], TargetKeyId=new["targetKeyId"])
    return Made(new["name"], {"arn": aws.arn("kms", new["name"]), "targetKeyArn": aws.arn("kms", "key")})


CALLS: dict[str, Calls] = {
    "aws:iam/role:Role": Calls(
        _role, lambda aws, identity, _: aws.client("iam").delete_role(RoleName=identity), _role_update
    ),
    "aws:iam/rolePolicy:RolePolicy": Calls(_inline, _no_inline, _inline_update),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Calls(_attachment, _no_attachment),
    "aws:iam/policy:Policy": Calls(
        _policy, lambda aws, identity, _: aws.client("iam").delete_policy(PolicyArn=identity), _policy_update
    ),
    "aws:iam/instanceProfile:InstanceProfile": Calls(_profile, _no_profile),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Calls(
        _issuer,
        lambda aws, identity, _: aws.client("iam").delete_open_id_connect_provider(
            OpenIDConnectProviderArn=identity
        ),
    ),
    "aws:kms/key:Key": Calls(_key, _no_key, _key_update),
    "aws:kms/alias:Alias": Calls(
        _alias, lambda aws, identity, _: aws.client("kms").delete_alias(AliasName=identity)
    ),
}
