# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""The report finds the right figures in runs whose figures are known."""

import dataclasses
import json

from aiatrack_ros.simulation.run_report import make_report
from aiatrack_ros.simulation.run_report import Record
from aiatrack_ros.simulation.world import Pose
import pytest


def run(stop=32.6, resume=38.4, until=45.0, error=0.1, **names):
    """Return a run: the robot moves but for `stop` to `resume`; the target is away 32 to 38 s."""
    records, x = [], 0.0
    for number in range(round(until * 10) + 1):
        time = number / 10
        if number and (time <= stop + 1e-6 or time > resume + 1e-6):
            x += 0.01
        visible = 0.0 if 32 <= time < 38 else 1.0
        records.append(
            Record(
                time=time,
                robot=Pose(x, 0, 0),
                target=Pose(x + 1.5 + error, 0, 0),
                visible=visible,
                track_id='a' if visible else '',
                score=0.9,
                state='tracking',
                speed=0.1,
                turn_rate=0.0,
                followed='target' if visible else 'nobody',
                **names,
            )
        )
    return records


def test_a_good_run():
    report = make_report(run())
    assert report.shortcomings() == []
    assert report.frames == 451
    assert report.seconds == 45
    assert report.mean_error == pytest.approx(0.1)
    assert report.seconds_to_stop == pytest.approx(0.6)
    assert report.seconds_to_resume == pytest.approx(0.4)
    assert report.ids == ('a',)
    assert '0.60 s' in report.table()
    assert json.loads(report.json())['max_error'] == pytest.approx(0.1)


def followed(whom, since, until):
    """Return a run in which somebody is followed from one time to another."""
    return [
        dataclasses.replace(record, followed=whom) if since <= record.time <= until else record
        for record in run()
    ]


def test_whom_the_robot_follows():
    report = make_report(followed('other', 32, 33))
    assert report.followed == pytest.approx(
        {'target': 391 / 451, 'other': 11 / 451, 'scenery': 0, 'nobody': 49 / 451}
    )
    assert report.followed_in_sight == 1
    assert report.longest_astray == pytest.approx(1.0)
    assert report.seconds_to_find == (0.0,)
    assert report.shortcomings() == []
    assert '86.7 %' in report.table()


@pytest.mark.parametrize('whom', ['other', 'scenery'])
def test_somebody_else_followed_for_long_is_a_shortcoming(whom):
    report = make_report(followed(whom, 35, 40))
    assert report.longest_astray == pytest.approx(5.0)
    assert report.seconds_to_find == pytest.approx((2.1,))
    (line,) = report.shortcomings()
    assert 'what is not the target for 5.0 s' in line


def test_times_behind_others_do_not_add_up():
    records = followed('other', 3, 4.5)
    records = [
        dataclasses.replace(record, followed='scenery') if 6 <= record.time <= 7.5 else record
        for record in records
    ]
    assert make_report(records).longest_astray == pytest.approx(1.5)


def test_never_found_again_is_a_shortcoming():
    report = make_report(followed('nobody', 35, 99))
    assert report.seconds_to_find == (None,)
    assert 'the target was not found again' in report.shortcomings()
    assert report.followed_in_sight == pytest.approx(320 / 391)


def test_each_time_out_of_sight_is_told():
    records = [
        dataclasses.replace(record, visible=0.0) if 10 <= record.time < 11 else record
        for record in followed('nobody', 10, 11.2)
    ]
    assert make_report(records).seconds_to_find == pytest.approx((0.3, 0.0))


def test_a_single_far_moment_counts():
    records = run()
    far = Pose(records[100].robot.x + 1.05, 0, 0)
    records[100] = dataclasses.replace(records[100], target=far)
    report = make_report(records)
    assert report.max_error == pytest.approx(0.45)
    assert 'off by 0.45 m' in report.shortcomings()[0]


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'stop': 33.2}, 'stood 1.20 s after'),
        ({'stop': 99.0}, 'stood never'),
        ({'resume': 99.0}, 'did not move again'),
        ({'until': 20.0}, 'ended after 20.0 s'),
    ],
)
def test_shortcomings_are_named(changes, words):
    assert any(words in line for line in make_report(run(**changes)).shortcomings())


def test_standing_before_the_target_left_is_no_time():
    assert make_report(run(stop=31.0)).seconds_to_stop == 0


def test_turning_is_moving():
    records = run(stop=31.0)
    records[335] = dataclasses.replace(
        records[335], robot=dataclasses.replace(records[335].robot, heading=0.1)
    )
    assert make_report(records).seconds_to_stop == pytest.approx(1.6)


def test_another_id_is_a_shortcoming():
    records = run()
    records[-1] = dataclasses.replace(records[-1], track_id='b')
    assert 'the target had 2 ids, not one' in make_report(records).shortcomings()


def test_nothing_seen_is_no_good_run():
    report = make_report([])
    assert report.frames == 0
    assert len(report.shortcomings()) == 5
    assert 'never' in report.table()
