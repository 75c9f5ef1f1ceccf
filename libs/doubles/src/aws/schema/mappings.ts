import { lastOf } from '../shapes.ts';
import { ec2Mappings } from './mappings-ec2.ts';
import { otherMappings } from './mappings-other.ts';

/** How the inputs of a Pulumi resource are properties of AWS's schema. */
export interface Mapping {
  /** AWS's type, such as `AWS::EC2::VPC`. */
  aws: string;
  /**
   * By input: the property's path, such as `LaunchTemplateData/MetadataOptions`. What is nested in it has the same
   * names in other case, unless `translate` changes it.
   */
  properties: Readonly<Record<string, string>>;
  /** Inputs that are no properties of AWS's schema, and why. */
  besides?: Readonly<Record<string, string>>;
  /** By input: its value in AWS's form. */
  translate?: Readonly<Record<string, (value: never) => unknown>>;
  /** Whether it is only a part of AWS's type, for which what that requires is of no interest. */
  part?: boolean;
  /** Limits of the API that the schema lacks, as a JSON schema of AWS's properties, each with its source beside it. */
  more?: Readonly<Record<string, object>>;
}

/** By the last part of the type token. */
export const mappings: Readonly<Record<string, Mapping>> = { ...ec2Mappings, ...otherMappings };

/** The mapping of a type, for what AWS has a schema of. */
export const mappingOf = (type: string): Mapping | undefined => mappings[lastOf(type)];
