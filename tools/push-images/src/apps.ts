export { type AppName, appNames, apps } from '@envoy-poc/layers';

/** What every app's image holds beyond its base, the same as its Dockerfile's last stage says. */
export const imageDefinition = {
  workingDir: '/app',
  /** Numeric, so that Kubernetes can check `runAsNonRoot`. */
  user: '1000:1000',
  /**
   * Arguments of the base image's entrypoint, which is Node. Young objects get 2 MiB rather than 16: a pod is small, and
   * what they leave behind would stay resident. Stack traces are the bundle's, whose lines are short: to decode its source
   * map costs 8 MiB and a sixth of the processor time until a service listens. `NODE_OPTIONS=--enable-source-maps` does.
   */
  cmd: ['--max-semi-space-size=2', '/app/main.cjs'],
  env: { NODE_ENV: 'production' },
  /** Files of the app's folder, by their path in the image. */
  files: { '/app/main.cjs': 'dist/main.cjs', '/app/main.cjs.map': 'dist/main.cjs.map' },
} as const;

/**
 * The Node 24 image that apps run on: no shell, amd64 and arm64, by digest. Renew it together with the
 * Dockerfiles, which name it too.
 */
export const defaultBase =
  'gcr.io/distroless/nodejs24-debian13:nonroot@sha256:9eeb7f5887d0e239e78264b06f7f11d2e14be534050481803a9e4728fcdd278e';
