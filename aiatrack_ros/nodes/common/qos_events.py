# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Tell of publishers and subscribers whose QoS does not match, in all versions of rclpy.

rclpy's own callbacks tell of two kinds of events. Every kind costs time whenever a node wakes,
several per cent of a core at camera rate, so only the one that people run into is told here.
"""

from collections.abc import Callable
from typing import Any

from rclpy.qos import qos_policy_name_from_kind

try:
    from rclpy.event_handler import PublisherEventCallbacks
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import PublisherEventCallbacks
    from rclpy.qos_event import SubscriptionEventCallbacks


def of_subscription(
    topic: str, complain: Callable[[str, str], None]
) -> SubscriptionEventCallbacks:
    """Return callbacks that tell `complain` ('qos', what does not match and the remedy)."""

    def mismatch(event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        complain(
            'qos',
            f'a publisher of {topic} offers another {policy} than this node asks for, so nothing '
            f'of it arrives; change its QoS, or qos_overrides.{topic}.subscription.'
            f'{policy.lower()} where this node has that parameter',
        )

    return SubscriptionEventCallbacks(incompatible_qos=mismatch, use_default_callbacks=False)


def of_publisher(topic: str, complain: Callable[[str, str], None]) -> PublisherEventCallbacks:
    """Return callbacks that tell `complain` ('qos', what does not match and the remedy)."""

    def mismatch(event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        complain(
            'qos',
            f'a subscriber of {topic} asks for another {policy} than this node offers, so it gets '
            'nothing; change its QoS',
        )

    return PublisherEventCallbacks(incompatible_qos=mismatch, use_default_callbacks=False)
