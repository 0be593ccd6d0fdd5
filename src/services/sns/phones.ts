import type { Ids } from "#kit/ids.ts";
import { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "./errors.ts";
import type { SnsContext } from "./state.ts";
import type { PhoneRow } from "./store/tables.ts";

/** E.164: https://docs.aws.amazon.com/sns/latest/dg/sms_sending-overview.html */
export function checkPhoneNumber(number: string): void {
  if (!/^\+?[0-9]{3,15}$/.test(number)) throw invalidParameter(`PhoneNumber Reason: ${number} is not valid`);
}

/** Six digits. */
export const newPassword = (ids: Ids): string => String(Math.floor(ids.fraction() * 1_000_000)).padStart(6, "0");

export async function requireSandboxPhone(context: SnsContext, number: string): Promise<PhoneRow> {
  const phone = (await context.state.mobile.phones(context, "sandbox")).find((one) => one.number === number);
  if (phone === undefined) throw new AwsError("ResourceNotFoundException", "The phone number is not in the sandbox.");
  return phone;
}
