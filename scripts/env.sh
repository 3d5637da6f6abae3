# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
#
# Source this (bash or zsh) to work with what `make setup` made:
#
#     source scripts/env.sh
#     ROS=kilted PYTHON=python3.13 source scripts/env.sh    # another than the default one
#
# It puts the virtual environment, the built messages, the executables and this source tree on the
# paths and names the Fast DDS profile. It takes the place of a ROS 2 distribution in that shell: to
# use a distribution, source the setup file of your workspace instead.

_aiatrack_root="$(cd "$(dirname "${BASH_SOURCE[0]:-$0}")/.." && pwd)"
# As Environment.name in setup_environment.py.
_aiatrack_name="${ROS:-jazzy}${PYTHON:+-$(basename "$PYTHON")}"
_aiatrack_install="$_aiatrack_root/install/$_aiatrack_name"

if [ ! -e "$_aiatrack_install/environment.json" ]; then
  echo "$_aiatrack_root has no environment $_aiatrack_name: run 'make setup ROS=${ROS:-jazzy}${PYTHON:+ PYTHON=$PYTHON}' there" >&2
  unset _aiatrack_root _aiatrack_name _aiatrack_install
  return 1
fi

# Wheels and a distribution do not mix, nor do two sets of wheels.
unset ROS_VERSION ROS_PYTHON_VERSION COLCON_PREFIX_PATH CMAKE_PREFIX_PATH PYTHONHOME
unset LD_LIBRARY_PATH RMW_IMPLEMENTATION PYTHONPATH
unset FASTDDS_DEFAULT_PROFILES_FILE FASTRTPS_DEFAULT_PROFILES_FILE
export ROS_DISTRO="${ROS:-jazzy}"
export VIRTUAL_ENV="$_aiatrack_root/.venv/$_aiatrack_name"
export AMENT_PREFIX_PATH="$VIRTUAL_ENV"
if [ -n "${ZSH_VERSION:-}" ]; then
  source "$_aiatrack_install/local_setup.zsh"
else
  source "$_aiatrack_install/local_setup.bash"
fi
export PATH="$VIRTUAL_ENV/bin:$_aiatrack_install/aiatrack_ros/lib/aiatrack_ros:$PATH"
# The source tree before the installation, so that a new module needs no build.
export PYTHONPATH="$_aiatrack_root:$PYTHONPATH"
export "$(python3 -c 'from aiatrack_ros.nodes.common import middleware as m; print(m.profile_variable())')=$_aiatrack_root/config/fastdds.xml"
# Nothing here needs the network. Set it to SUBNET to speak with other machines.
export ROS_AUTOMATIC_DISCOVERY_RANGE="${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}"

unset _aiatrack_root _aiatrack_name _aiatrack_install
