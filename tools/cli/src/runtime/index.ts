export { askAws, awsOptions } from './aws.ts';
export { type AwsProfile, findAwsProfile, ssoSession } from './aws-profile.ts';
export { parseBackend, type StateBucket } from './backend.ts';
export {
  type Check,
  type CheckResult,
  fail,
  isWell,
  type Outcome,
  pass,
  type Status,
  skip,
  warn,
} from './check.ts';
export {
  type CommandContext,
  type CommonOptions,
  commandOf,
  type Report,
  runCommand,
} from './command.ts';
export { CheckError, UsageError } from './errors.ts';
export { type LookOptions, look, type View, withLookOptions } from './look.ts';
export { runProcess } from './main.ts';
export { once } from './once.ts';
export { startProgress } from './print.ts';
export { redactor } from './redact.ts';
export { report } from './report.ts';
export { runChecks } from './run-checks.ts';
export { type RunTool, type ToolResult, toolRunner } from './run-tool.ts';
export { readLastUpdate, readResourceCount, readStackOutputs } from './stack-outputs.ts';
export {
  type AwsPlace,
  awsPlaceOf,
  projectTagOf,
  readAllStackSettings,
  readStackSettings,
  type StackSettings,
} from './stack-settings.ts';
