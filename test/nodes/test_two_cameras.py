# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""Two cameras are two namespaces: nothing of one tracker reaches the other."""

from aiatrack_ros.msg import TrackerStatus
from aiatrack_ros.nodes.common import messages
from aiatrack_ros.nodes.tracker.tracker_node import TrackerNode
from aiatrack_ros.tracking import State
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
import pytest
from ros_harness import Ros
from ros_harness import ScriptedTracker
from ros_harness import wait_for
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from tracker_bench import Bench
from tracker_bench import BOX
from tracker_bench import Operator

pytestmark = pytest.mark.timeout(60)

FRONT_PICTURE, REAR_PICTURE = 10, 200  # the first pixel of either camera's images


class CameraBench(Bench):
    """A tracker and its operator in the namespace of one camera."""

    def __init__(self, ros, namespace):
        self.ros = ros
        self.tracker = ScriptedTracker()
        self.operator = ros.spin(Operator, namespace=namespace)
        self.node = ros.spin(TrackerNode, self.make, namespace=namespace)
        ros.settle(self.operator.reset, Trigger.Request())


@pytest.fixture
def cameras():
    ros = Ros()
    front, rear = CameraBench(ros, 'front'), CameraBench(ros, 'rear')
    front.activate()
    rear.activate()
    yield front, rear
    ros.close()


def pictures(tracker):
    """Return the first pixels of the images that a tracker has seen."""
    return {call[1] for call in tracker.seen if len(call) > 1}


def test_each_tracker_sees_its_own_camera_and_its_own_box(cameras):
    front, rear = cameras
    front.show(FRONT_PICTURE)
    rear.show(REAR_PICTURE)
    # The box of the front camera goes over the topic, which both nodes take.
    front.operator.boxes.publish(messages.make_detection(Header(), BOX, 1.0, 'mine'))
    wait_for(lambda: front.tracker.seen, 'initialisation')
    for _ in range(5):
        ahead = front.show(FRONT_PICTURE)
        behind = rear.show(REAR_PICTURE)
        assert front.tracks(ahead)[0].id == front.status(ahead).id == 'mine'
        assert rear.tracks(behind) == []
        assert rear.status(behind).state == TrackerStatus.IDLE
    assert rear.tracker.seen == []
    assert rear.operator.heard['tracker/track'] == []
    assert pictures(front.tracker) == {FRONT_PICTURE}

    # Both track; each has its own target, state, counts and parameters.
    assert rear.point_at((1.0, 2.0, 9.0, 9.0), track_id='yours').success
    assert front.set('lost_after', 9) == ''
    front.tracker.state = State.LOST
    ahead, behind = front.show(FRONT_PICTURE), rear.show(REAR_PICTURE)
    assert front.status(ahead).state == TrackerStatus.LOST
    assert front.tracks(ahead) == []
    assert rear.tracks(behind)[0].id == 'yours'
    assert pictures(rear.tracker) == {REAR_PICTURE}
    assert (front.tracker.settings.lost_after, rear.tracker.settings.lost_after) == (9, 2)
    assert (front.status(ahead).frames_tracked, rear.status(behind).frames_tracked) == (6, 1)

    # What ends one leaves the other as it is.
    assert front.change(Transition.TRANSITION_DEACTIVATE)
    assert rear.tracks(rear.show(REAR_PICTURE))[0].id == 'yours'
    assert ('reset',) not in rear.tracker.seen


def test_diagnostics_name_the_camera(cameras):
    front, _ = cameras
    heard: list[DiagnosticArray] = front.operator.heard['/diagnostics']
    wait_for(
        lambda: (
            {'/front/tracker: tracker', '/rear/tracker: tracker'}
            <= {status.name for array in heard for status in array.status}
        ),
        'both reports',
    )
