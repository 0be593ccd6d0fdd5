# Queues, topics and what hangs on them, as the Terraform test applies and destroys them.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint" {
  type = string
}

# What the test changes from one apply to the next.
variable "receives" {
  type    = number
  default = 3
}

variable "colours" {
  type    = list(string)
  default = ["red", "blue"]
}

provider "aws" {
  region                  = "us-east-1"
  access_key              = "test"
  secret_key              = "test"
  skip_metadata_api_check = true

  endpoints {
    iam    = var.endpoint
    lambda = var.endpoint
    sns    = var.endpoint
    sqs    = var.endpoint
    sts    = var.endpoint
  }
}

resource "aws_sqs_queue" "dead" {
  name                      = "tf-orders-dead"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "orders" {
  name                       = "tf-orders"
  delay_seconds              = 1
  max_message_size           = 2048
  receive_wait_time_seconds  = 10
  visibility_timeout_seconds = 60
  sqs_managed_sse_enabled    = true
  tags                       = { team = "red", receives = tostring(var.receives) }

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = var.receives
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.orders.arn]
  })
}

resource "aws_sqs_queue_policy" "orders" {
  queue_url = aws_sqs_queue.orders.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "topic"
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.orders.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_sns_topic.events.arn } }
    }]
  })
}

resource "aws_sqs_queue" "payments_dead" {
  name       = "tf-payments-dead.fifo"
  fifo_queue = true
}

resource "aws_sqs_queue" "payments" {
  name                        = "tf-payments.fifo"
  fifo_queue                  = true
  content_based_deduplication = true
  deduplication_scope         = "messageGroup"
  fifo_throughput_limit       = "perMessageGroupId"
}

resource "aws_sqs_queue_redrive_policy" "payments" {
  queue_url = aws_sqs_queue.payments.id
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.payments_dead.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue" "encrypted" {
  name_prefix                       = "tf-encrypted-"
  kms_master_key_id                 = "alias/aws/sqs"
  kms_data_key_reuse_period_seconds = 300
}

resource "aws_sns_topic" "events" {
  name              = "tf-events"
  display_name      = "Events"
  signature_version = 2
  tracing_config    = "PassThrough"
  kms_master_key_id = "alias/aws/sns"
  tags              = { team = "red" }

  delivery_policy = jsonencode({
    http = {
      defaultHealthyRetryPolicy = {
        minDelayTarget     = 20
        maxDelayTarget     = 20
        numRetries         = 3
        numMaxDelayRetries = 0
        numNoDelayRetries  = 0
        numMinDelayRetries = 0
        backoffFunction    = "linear"
      }
      disableSubscriptionOverrides = false
    }
  })
}

resource "aws_sns_topic_policy" "events" {
  arn = aws_sns_topic.events.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Id      = "events"
    Statement = [{
      Sid       = "own"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = ["SNS:Publish", "SNS:Subscribe"]
      Resource  = aws_sns_topic.events.arn
      Condition = { StringEquals = { "AWS:SourceOwner" = "000000000000" } }
    }]
  })
}

resource "aws_sns_topic_data_protection_policy" "events" {
  arn = aws_sns_topic.events.arn
  policy = jsonencode({
    Name    = "cards"
    Version = "2021-06-01"
    Statement = [{
      Sid            = "cards"
      DataDirection  = "Inbound"
      Principal      = ["*"]
      DataIdentifier = ["arn:aws:dataprotection::aws:data-identifier/CreditCardNumber"]
      Operation      = { Deny = {} }
    }]
  })
}

resource "aws_sns_topic" "payments" {
  name                        = "tf-payments.fifo"
  fifo_topic                  = true
  content_based_deduplication = true
  fifo_throughput_scope       = "MessageGroup"
}

resource "aws_sns_topic_subscription" "orders" {
  topic_arn            = aws_sns_topic.events.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.orders.arn
  raw_message_delivery = true
  filter_policy        = jsonencode({ colour = var.colours, size = [{ numeric = [">", 0, "<=", 10] }] })
  redrive_policy       = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn })
}

resource "aws_sns_topic_subscription" "payments" {
  topic_arn           = aws_sns_topic.payments.arn
  protocol            = "sqs"
  endpoint            = aws_sqs_queue.payments.arn
  filter_policy_scope = "MessageBody"
  filter_policy       = jsonencode({ kind = [{ prefix = "pay" }, { anything-but = ["test"] }] })
}

resource "aws_sns_topic_subscription" "worker" {
  topic_arn = aws_sns_topic.events.arn
  protocol  = "lambda"
  endpoint  = aws_lambda_function.worker.arn
}

resource "aws_sns_topic_subscription" "mail" {
  topic_arn = aws_sns_topic.events.arn
  protocol  = "email"
  endpoint  = "somebody@example.com"
}

resource "aws_sns_platform_application" "phones" {
  name                = "tf-phones"
  platform            = "GCM"
  platform_credential = "key"
}

resource "aws_sns_sms_preferences" "all" {
  default_sms_type = "Transactional"
}

resource "aws_iam_role" "worker" {
  name = "tf-worker"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "worker" {
  name = "queues"
  role = aws_iam_role.worker.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["sqs:*", "sns:Publish", "lambda:InvokeFunction"], Resource = "*" }]
  })
}

resource "aws_lambda_function" "worker" {
  function_name    = "tf-worker"
  role             = aws_iam_role.worker.arn
  runtime          = "nodejs22.x"
  handler          = "index.handler"
  filename         = "hello.zip"
  source_code_hash = filebase64sha256("hello.zip")
  timeout          = 10

  dead_letter_config {
    target_arn = aws_sqs_queue.dead.arn
  }

  depends_on = [aws_iam_role_policy.worker]
}

resource "aws_lambda_permission" "events" {
  statement_id  = "events"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.worker.function_name
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.events.arn
}

resource "aws_lambda_function_event_invoke_config" "worker" {
  function_name                = aws_lambda_function.worker.function_name
  maximum_event_age_in_seconds = 3600
  maximum_retry_attempts       = 0

  destination_config {
    on_failure {
      destination = aws_sns_topic.events.arn
    }
    on_success {
      destination = aws_sqs_queue.dead.arn
    }
  }
}

resource "aws_lambda_event_source_mapping" "orders" {
  function_name                      = aws_lambda_function.worker.arn
  event_source_arn                   = aws_sqs_queue.orders.arn
  batch_size                         = 100
  maximum_batching_window_in_seconds = 1
  function_response_types            = ["ReportBatchItemFailures"]
  tags                               = { team = "red" }

  filter_criteria {
    filter {
      pattern = jsonencode({ body = { colour = var.colours } })
    }
  }

  scaling_config {
    maximum_concurrency = var.receives
  }
}

resource "aws_lambda_event_source_mapping" "payments" {
  function_name    = aws_lambda_function.worker.arn
  event_source_arn = aws_sqs_queue.payments.arn
  batch_size       = 10
  enabled          = false
}

data "aws_sqs_queue" "orders" {
  name       = "tf-orders"
  depends_on = [aws_sqs_queue.orders]
}

data "aws_sqs_queues" "all" {
  queue_name_prefix = "tf-"
  depends_on        = [aws_sqs_queue.orders, aws_sqs_queue.payments]
}

data "aws_sns_topic" "events" {
  name       = "tf-events"
  depends_on = [aws_sns_topic.events]
}

output "queue" {
  value = data.aws_sqs_queue.orders.url
}

output "topic" {
  value = data.aws_sns_topic.events.arn
}
