"""GuanYu: several parameter servers and their workers, Byzantine ones among both."""

from simulator.training.guanyu.checks import check_guanyu, predict_guanyu, promises_of_guanyu
from simulator.training.guanyu.kind import guanyu
from simulator.training.guanyu.liars import roles_of_guanyu

__all__ = ['check_guanyu', 'guanyu', 'predict_guanyu', 'promises_of_guanyu', 'roles_of_guanyu']
