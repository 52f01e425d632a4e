import pytest

from monitor.channels import CHANNEL_TYPES, open_channel, options_models
from monitor.channels.console import ConsoleOptions
from monitor.model import Channel
from monitor.model.options import ChannelOptions


def test_every_type_has_a_model_that_refuses_unknown_keys_and_never_quotes_its_input():
    assert set(options_models()) == set(CHANNEL_TYPES)
    for model in options_models().values():
        assert issubclass(model, ChannelOptions)
        assert model.model_config["extra"] == "forbid"
        assert model.model_config["hide_input_in_errors"]


async def test_options_of_another_type_are_a_mistake_of_the_program(surroundings):
    with pytest.raises(TypeError, match="ConsoleOptions"):
        open_channel(Channel(id="x", type="email", options=ConsoleOptions()), surroundings)


async def test_an_unknown_type_is_a_mistake_of_the_program(surroundings):
    with pytest.raises(KeyError):
        open_channel(Channel(id="x", type="pigeon", options=ConsoleOptions()), surroundings)
