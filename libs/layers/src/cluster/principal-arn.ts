import { z } from 'zod';
import { entryNameOf } from './names.ts';

/**
 * Why an ARN is none that an access entry takes, in words.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
 */
function faultOf(arn: string): string | undefined {
  const session = /^(arn:aws[a-z-]*):sts::(\d{12}):assumed-role\/([^/]+)/.exec(arn);
  if (session) {
    const [, prefix, account, role = ''] = session;
    const known = role.startsWith('AWSReservedSSO_')
      ? `which this prints: aws iam get-role --role-name ${role} --query Role.Arn --output text`
      : `such as ${prefix}:iam::${account}:role/${role}`;
    return `is a session of a role; give the role itself, ${known}`;
  }
  // https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
  const [, reserved] = /:role\/(AWSReservedSSO_\S+)$/.exec(arn) ?? [];
  if (reserved) {
    return (
      'lacks the path that roles of IAM Identity Center have: ' +
      `role/aws-reserved/sso.amazonaws.com/<region, unless us-east-1>/${reserved}; ` +
      `aws iam get-role --role-name ${reserved} --query Role.Arn --output text prints it whole`
    );
  }
  if (/^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/\S+$/.test(arn)) return undefined;
  return 'the ARN of an IAM role or user, such as arn:aws:iam::123456789012:role/platform-engineer';
}

const principalArn = z.string().superRefine((arn, { addIssue }) => {
  const fault = faultOf(arn);
  if (fault !== undefined) addIssue(fault);
});

/** ARNs of IAM roles and users, none twice. */
export const principalArns = z
  .array(principalArn)
  .refine((arns) => new Set(arns).size === arns.length, 'names a principal twice')
  .superRefine((arns, { addIssue }) => {
    for (const [index, arn] of arns.entries()) {
      const twin = arns
        .slice(0, index)
        .find((other) => other !== arn && entryNameOf(other) === entryNameOf(arn));
      if (twin === undefined) continue;
      const message = `would have the same name here as ${twin}, of whose entry one would be lost; rename a role`;
      addIssue({ code: 'custom', path: [index], message });
    }
  });
