/** What a principal's entry is called: `arn:aws:iam::123456789012:role/path/Platform-Engineer` → `role_path_platform_engineer`. */
export function entryNameOf(principalArn: string): string {
  return (principalArn.split(':').at(-1) ?? '').toLowerCase().replace(/[^a-z0-9]+/g, '_');
}
