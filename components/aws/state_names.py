"""What the backend on AWS is called."""

from __future__ import annotations

from dataclasses import dataclass

from ..bootstrap import Backend
from .state_policies import apply_policy, preview_policy

TAGS = {"managed-by": "ai-platform", "ai-platform/purpose": "pulumi-state"}


@dataclass(frozen=True, slots=True)
class AwsState:
    """What the backend is called, and where it is."""

    name: str
    """Start of all names."""
    region: str
    account: str
    partition: str = "aws"

    @property
    def bucket(self) -> str:
        """Its name is unique in the world by the account's number."""
        return f"{self.name}-state-{self.account}-{self.region}"

    @property
    def bucket_arn(self) -> str:
        """ARN of the bucket."""
        return f"arn:{self.partition}:s3:::{self.bucket}"

    @property
    def alias(self) -> str:
        """Alias of the key."""
        return f"alias/{self.name}-state"

    def backend(self, key_arn: str) -> Backend:
        """What Pulumi and the descriptions say of it."""
        return Backend(
            f"s3://{self.bucket}?region={self.region}",
            f"awskms://{self.alias}?region={self.region}",
            {
                f"{self.name}-preview": preview_policy(self.bucket_arn, key_arn),
                f"{self.name}-apply": apply_policy(self.bucket_arn, key_arn),
            },
            [
                "aws iam attach-role-policy --role-name ROLE "
                f"--policy-arn arn:{self.partition}:iam::{self.account}:policy/{self.name}-{right}"
                for right in ("preview", "apply")
            ],
        )
