# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
#
# Source this (bash or zsh) to work with what `make setup` made:
#
#     source scripts/env.sh
#
# It puts the virtual environment, the built messages, the executables and this source tree on the
# paths and names the Fast DDS profile. It takes the place of a ROS 2 distribution in that shell: to
# use a distribution, source the setup file of your workspace instead.

_aiatrack_root="$(cd "$(dirname "${BASH_SOURCE[0]:-$0}")/.." && pwd)"

if [ ! -e "$_aiatrack_root/install/environment.json" ]; then
  echo "$_aiatrack_root is not set up yet: run 'make setup' there" >&2
  unset _aiatrack_root
  return 1
fi

# Wheels and a distribution do not mix.
unset ROS_DISTRO ROS_VERSION ROS_PYTHON_VERSION COLCON_PREFIX_PATH CMAKE_PREFIX_PATH PYTHONHOME
unset LD_LIBRARY_PATH RMW_IMPLEMENTATION PYTHONPATH
export VIRTUAL_ENV="$_aiatrack_root/.venv"
export AMENT_PREFIX_PATH="$VIRTUAL_ENV"
if [ -n "${ZSH_VERSION:-}" ]; then
  source "$_aiatrack_root/install/local_setup.zsh"
else
  source "$_aiatrack_root/install/local_setup.bash"
fi
export PATH="$VIRTUAL_ENV/bin:$_aiatrack_root/install/aiatrack_ros/lib/aiatrack_ros:$PATH"
# The source tree before the installation, so that a new module needs no build.
export PYTHONPATH="$_aiatrack_root:$PYTHONPATH"
export FASTDDS_DEFAULT_PROFILES_FILE="$_aiatrack_root/config/fastdds.xml"
# Nothing here needs the network. Set it to SUBNET to speak with other machines.
export ROS_AUTOMATIC_DISCOVERY_RANGE="${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}"

unset _aiatrack_root
