import { queryBuilder } from "#storage/query-builder.ts";

/** As in migrations/. Texts that end in JSON say so. */
export interface SnsTables {
  sns_topics: TopicRow;
  sns_subscriptions: SubscriptionRow;
  sns_messages: { id: string; /** JSON */ content: string };
  sns_deliveries: DeliveryRow;
  sns_archive: { topic_arn: string; sequence: string; /** JSON */ content: string };
  sns_deduplications: {
    topic_arn: string;
    scope: string;
    deduplication_id: string;
    message_id: string;
    sequence: string;
    expires_ms: number;
  };
  sns_outbox: OutboxRow;
  sns_mobile: MobileRow;
  sns_phones: PhoneRow;
  sns_sms_attributes: { account_id: string; region: string; /** JSON */ attributes: string };
}

export interface TopicRow {
  arn: string;
  account_id: string;
  region: string;
  name: string;
  created_at_ms: number;
  /** JSON */
  attributes: string;
  /** JSON */
  tags: string;
  data_protection_policy: string | null;
  archived_since_ms: number | null;
  archive_changes: number;
}

export interface SubscriptionRow {
  arn: string;
  topic_arn: string;
  account_id: string;
  region: string;
  protocol: string;
  endpoint: string;
  status: string;
  /** JSON */
  attributes: string;
  token: string | null;
  changed_ms: number;
  is_authenticated: number;
  principal_arn: string;
  may_be_private: number;
  replay_status: string | null;
  replay_position: string | null;
}

export interface DeliveryRow {
  id: string;
  message_id: string;
  subscription_arn: string;
  /** Deliveries of one lane go one after the other. */
  lane: string;
  /** Twenty digits: their order as texts is that as numbers. */
  sequence: string;
  attempt: number;
  due_ms: number;
}

export interface OutboxRow {
  id: string;
  account_id: string;
  region: string;
  kind: string;
  destination: string;
  subject: string | null;
  body: string;
  message_id: string;
  sent_ms: number;
}

/** A platform application, or an endpoint of one. */
export interface MobileRow {
  arn: string;
  application_arn: string | null;
  account_id: string;
  region: string;
  token: string | null;
  /** JSON */
  attributes: string;
}

export interface PhoneRow {
  account_id: string;
  region: string;
  number: string;
  kind: "sandbox" | "opted-out";
  status: string;
  code: string | null;
}

export const sql = queryBuilder<SnsTables>();

export const readMap = (text: string): Record<string, string> => JSON.parse(text) as Record<string, string>;
