"""Signing in, joining by letter, and a passkey, on a phone in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from playwright.async_api import Page, expect

from tests.cast import ADMIN, PASSWORD, WANG, cast_id, room_id
from tests.journeys.conftest import shoot

pytestmark = pytest.mark.journey


async def with_authenticator(page: Page) -> Any:
    """Give the page's phone a finger sensor (Chrome's virtual authenticator); return its line and id."""
    line = await page.context.new_cdp_session(page)
    await line.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = await line.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return line, made["authenticatorId"]


async def new_owner() -> None:
    """Put an owner without a login into the register."""
    from server.db import DB, EVERYWHERE, execute

    async with DB.scope(EVERYWHERE):
        await execute(
            "insert into person (id, community_id, name, kind, phone)"
            " select $1, community_id, '新业主', 'natural', '19900000999' from room where id = $2",
            cast_id("new owner"),
            room_id("3栋2单元101"),
        )
        await execute(
            "insert into occupancy (id, community_id, room_id, person_id, role)"
            " select $1, community_id, id, $2, 'owner' from room where id = $3",
            cast_id("new stay"),
            cast_id("new owner"),
            room_id("3栋2单元101"),
        )


async def test_signing_in_and_out_by_password(phone: Callable[..., Any]) -> None:
    page = await phone()
    await page.goto("/me")
    await expect(page).to_have_url(re.compile("/sign-in"))
    await page.get_by_label("手机号或用户名").fill("wang")
    await page.get_by_label("密码").fill("wrong password")
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.get_by_text("账号或密码不对")).to_be_visible()
    assert await page.get_by_label("手机号或用户名").input_value() == "wang"
    await shoot(page, "sign-in-wrong")
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.get_by_role("heading", name="王建国")).to_be_visible()
    await page.get_by_role("button", name="退出登录").click()
    await expect(page).to_have_url(re.compile("/sign-in"))
    await page.goto("/me")
    await expect(page).to_have_url(re.compile("/sign-in"))


async def test_an_owner_joins_by_letter_and_comes_back_with_a_finger(
    phone: Callable[..., Any], desk: Callable[..., Any]
) -> None:
    await new_owner()
    office = await desk(WANG)
    await office.goto(f"/join-codes?room={room_id('3栋2单元101')}")
    await office.get_by_role("button", name="生成并打印").click()
    code = await office.locator(".letter-code code").inner_text()
    await shoot(office, "letter")

    page = await phone()
    line, key = await with_authenticator(page)
    await page.goto("/join")
    await page.get_by_label("加入码").fill(code.lower())
    await page.get_by_role("button", name="下一步").click()
    await expect(page.get_by_text("3栋2单元1**")).to_be_visible()
    await page.get_by_label("姓名").fill("新业主")
    await page.get_by_label("手机号").fill("19900000990")
    await page.get_by_label("给自己设一个密码").fill("my-own-password")
    await page.get_by_role("button", name="加入").click()
    await expect(page.get_by_text("与物业登记的不一致")).to_be_visible()
    await shoot(page, "join-mismatch")
    await page.get_by_label("手机号").fill("19900000999")
    await page.get_by_label("给自己设一个密码").fill("my-own-password")
    await page.get_by_role("button", name="加入").click()
    await expect(page.get_by_text("加入成功")).to_be_visible()
    await page.get_by_role("button", name="在这台设备上添加").click()
    await page.wait_for_url(lambda url: "/me/passkeys" not in url)
    assert len((await line.send("WebAuthn.getCredentials", {"authenticatorId": key}))["credentials"]) == 1

    await page.goto("/me")
    await page.get_by_role("button", name="退出登录").click()
    await expect(page).to_have_url(re.compile("/sign-in"))
    await page.goto("/sign-in?next=/me")
    await page.get_by_role("button", name="用指纹或面容登录").click()
    await expect(page.get_by_role("heading", name="新业主")).to_be_visible()


async def test_a_finger_that_is_not_recognised_gets_a_sentence(phone: Callable[..., Any]) -> None:
    page = await phone()
    await with_authenticator(page)
    await page.goto("/sign-in")
    await page.get_by_role("button", name="用指纹或面容登录").click()
    await expect(page.locator("[data-said]")).not_to_be_empty()
    await expect(page.get_by_role("button", name="用指纹或面容登录")).to_be_enabled()


async def test_an_administrator_sets_up_the_second_factor(desk: Callable[..., Any]) -> None:
    page = await desk()
    await page.goto("/sign-in")
    await page.get_by_label("手机号或用户名").fill(str(ADMIN.login))
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.get_by_role("heading", name="开启两步验证")).to_be_visible()
    secret = (await page.locator("code.secret").inner_text()).replace(" ", "")
    await shoot(page, "second-factor-set-up")
    await page.get_by_label("验证码").fill(pyotp.TOTP(secret).now())
    await page.get_by_role("button", name="开启").click()
    await expect(page.get_by_role("heading", name="请收好恢复码")).to_be_visible()
    recovery = await page.locator(".recovery-codes code").first.inner_text()
    await shoot(page, "recovery-codes")
    await page.goto("/me")
    await page.get_by_role("button", name="退出登录").click()
    await page.get_by_label("手机号或用户名").fill(str(ADMIN.login))
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.get_by_role("heading", name="两步验证")).to_be_visible()
    await page.get_by_label("验证码").fill(recovery)
    await page.get_by_role("button", name="确认").click()
    await page.goto("/me/second-factor")
    await expect(page.get_by_text("还有 9 个恢复码没用过")).to_be_visible()
