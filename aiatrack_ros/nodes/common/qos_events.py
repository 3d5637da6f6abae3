# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""
Callbacks that tell when the QoS of a publisher and a subscriber does not match.

rclpy's own callbacks tell of other events too. Every kind of event costs time whenever a node
wakes, some per cent of a core at the rate of a camera, so only the one that people run into is
asked for here. It works in all versions of rclpy.
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
    """
    Return the callbacks of a subscription.

    Args:
        topic: What the text calls the topic.
        complain: Gets 'qos' and one line with what does not match and the remedy.
    """

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
    """Return the callbacks of a publisher, as of_subscription does for a subscription."""

    def mismatch(event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        complain(
            'qos',
            f'a subscriber of {topic} asks for another {policy} than this node offers, so it gets '
            'nothing; change its QoS',
        )

    return PublisherEventCallbacks(incompatible_qos=mismatch, use_default_callbacks=False)
