/** When an environment is made, in AWS's words. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
export type InitialisationType = "on-demand" | "provisioned-concurrency" | "snap-start";
