"""What a person is told when the operating system says no."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from warehouse.errors import (
    BadConfiguration,
    CouldNotFinish,
    WarehouseError,
    from_os_error,
    no_home,
)

HOME = Path("/srv/warehouse")


def met(number: int, file_name: str | None = None) -> OSError:
    return OSError(number, "as the system says it", file_name)


def test_a_full_disk_can_be_mended_by_running_again() -> None:
    told = from_os_error(met(errno.ENOSPC, "/srv/warehouse/lake/x"), HOME)
    assert (type(told), told.exit_code) == (CouldNotFinish, 1)
    assert "is full" in str(told)


@pytest.mark.parametrize("met_while", [from_os_error, no_home])
@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_home_that_cannot_be_written_is_a_setting_to_be_mended(
    number: int, met_while: Callable[[OSError, Path], WarehouseError]
) -> None:
    told = met_while(met(number), HOME)
    assert (type(told), told.exit_code) == (BadConfiguration, 2)
    assert "/srv/warehouse cannot be written" in str(told)


@pytest.mark.parametrize(
    "number", [errno.ENOTDIR, errno.ENOENT, errno.EEXIST, errno.EIO, errno.ELOOP]
)
def test_whatever_keeps_a_home_from_being_made_is_a_setting_to_be_mended(number: int) -> None:
    told = no_home(met(number), HOME)
    assert (type(told), told.exit_code) == (BadConfiguration, 2)
    assert "/srv/warehouse" in str(told)
    assert "--home or WAREHOUSE_HOME" in str(told)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_too_full_for_a_home_can_be_mended_by_running_again(number: int) -> None:
    told = no_home(met(number), HOME)
    assert (type(told), told.exit_code) == (CouldNotFinish, 1)


def test_the_place_is_named_but_never_a_landing_file() -> None:
    """A landing file may be called after a person."""
    assert "/srv/warehouse/lake/hr_staff" in str(
        from_os_error(met(errno.EEXIST, "/srv/warehouse/lake/hr_staff"), HOME)
    )
    told = str(
        from_os_error(met(errno.EIO, "/srv/warehouse/landing/hr_staff/Jane Smith.csv"), HOME)
    )
    assert "Jane" not in told
    assert "/srv/warehouse/landing" in told
