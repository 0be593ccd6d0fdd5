/** Platform applications and the devices behind them: https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-application-as-subscriber.html */
import { AwsError } from "#wire/errors.ts";
import type { Place } from "./arns.ts";
import type { SnsContext } from "./state.ts";
import type { MobileResource } from "./store/mobile.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_CreatePlatformApplication.html */
export const platforms: ReadonlySet<string> = new Set([
  "ADM",
  "APNS",
  "APNS_SANDBOX",
  "APNS_VOIP",
  "APNS_VOIP_SANDBOX",
  "BAIDU",
  "GCM",
  "MACOS",
  "MACOS_SANDBOX",
  "MPNS",
  "WNS",
]);

export const applicationArnOf = ({ accountId, region }: Place, platform: string, name: string): string =>
  `arn:aws:sns:${region}:${accountId}:app/${platform}/${name}`;

export const endpointArnOf = (applicationArn: string, id: string): string => `${applicationArn.replace(":app/", ":endpoint/")}/${id}`;

export const isOwn = (resource: MobileResource | undefined, { accountId, region }: Place): resource is MobileResource =>
  resource?.accountId === accountId && resource.region === region;

export async function requireApplication(context: SnsContext, arn: string): Promise<MobileResource> {
  const found = await context.state.mobile.find(arn);
  if (!isOwn(found, context) || found.applicationArn !== undefined)
    throw new AwsError("NotFoundException", "PlatformApplication does not exist");
  return found;
}

export async function requireEndpoint(context: SnsContext, arn: string): Promise<MobileResource> {
  const found = await context.state.mobile.find(arn);
  if (!isOwn(found, context) || found.applicationArn === undefined) throw new AwsError("NotFoundException", "Endpoint does not exist");
  return found;
}

/** Credentials are never shown again. */
export function shownApplication({ attributes }: MobileResource): Record<string, string> {
  const { PlatformCredential: _credential, PlatformPrincipal: _principal, ...shown } = attributes;
  return { Enabled: "true", ...shown };
}
