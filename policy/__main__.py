"""The pack itself: made only here, since making it serves it until the engine is done."""

from pulumi_policy import PolicyPack

from ai_platform.policy import rules

PolicyPack("ai-platform", rules())
