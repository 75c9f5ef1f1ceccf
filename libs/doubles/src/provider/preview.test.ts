import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import providerService from '@pulumi/pulumi/proto/provider_grpc_pb.js';
import messages from '@pulumi/pulumi/proto/provider_pb.js';
import structs from 'google-protobuf/google/protobuf/struct_pb.js';
import { expect, onTestFinished, test } from 'vitest';
import { readAccount } from '../account/account.ts';
import { foreseen, UNKNOWN } from './preview.ts';

test('a preview knows what is given and what stays; of the rest, not even a part', () => {
  const before = { arn: 'arn:1', version: 1, network: { subnets: ['a'], group: 'sg-1' } };
  const after = { arn: 'arn:1', version: 2, network: { subnets: ['b'], group: 'sg-1' }, zones: ['a'] };
  const network = { subnets: ['b'], group: 'sg-1' };
  expect(foreseen(after, before, { network: { subnets: ['b'] } })).toEqual({
    ...{ arn: 'arn:1', version: UNKNOWN, network, zones: UNKNOWN },
  });
  expect(foreseen(after, before, { network: UNKNOWN })).toMatchObject({ network: UNKNOWN });
});

test('a double that runs says that it can be asked in a preview, and makes nothing in one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'preview-'));
  const double = spawn(process.execPath, [join(import.meta.dirname, '../../bin/pulumi-resource-aws')], {
    env: { ...process.env, REHEARSE_ACCOUNT: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    double.kill();
    rmSync(folder, { recursive: true });
  });
  const [port] = await once(double.stdout.setEncoding('utf8'), 'data');
  const client = new providerService.ResourceProviderClient(
    `127.0.0.1:${String(port).trim()}`,
    credentials.createInsecure(),
  );
  onTestFinished(() => client.close());

  const configured = await new Promise<messages.ConfigureResponse>((resolve, reject) =>
    client.configure(new messages.ConfigureRequest(), (error, answer) =>
      error ? reject(error) : resolve(answer),
    ),
  );
  expect(configured.getSupportspreview()).toBe(true);
  const create = (preview: boolean) => {
    const request = new messages.CreateRequest();
    request.setUrn('urn:pulumi:dev::registry::aws:ecr/repository:Repository::app');
    request.setProperties(structs.Struct.fromJavaScript({ name: 'app' }));
    request.setPreview(preview);
    return new Promise<messages.CreateResponse>((resolve, reject) =>
      client.create(request, (error, answer) => (error ? reject(error) : resolve(answer))),
    );
  };
  const foretold = await create(true);
  expect(foretold.getId()).toBe('');
  expect(foretold.getProperties()?.toJavaScript()).toMatchObject({ name: 'app', repositoryUrl: UNKNOWN });
  expect(readAccount(folder)).toEqual([]);
  expect((await create(false)).getId()).toBe('app');
  expect(readAccount(folder)).toHaveLength(1);
});
