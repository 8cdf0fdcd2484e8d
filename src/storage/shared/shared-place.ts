/** A bucket for the bytes. */
export interface BucketPlace {
  readonly bucket: string;
  /** What all keys begin with: empty, or with a slash at its end. */
  readonly prefix: string;
  /** URL of the S3 server; undefined for AWS. */
  readonly endpoint?: string | undefined;
  /** undefined leaves it to the SDK. */
  readonly region?: string | undefined;
  readonly forcePathStyle: boolean;
  /** undefined leaves them to the SDK. */
  readonly credentials?:
    | {
        readonly accessKeyId: string;
        readonly secretAccessKey: string;
        readonly sessionToken?: string;
      }
    | undefined;
  /** Bytes; undefined leaves it to the store. */
  readonly partSize?: number | undefined;
  /** Folder of temporary files. */
  readonly spoolDir: string;
}

/** A PostgreSQL database for the records. */
export interface DatabasePlace {
  readonly url: string;
  /** The most connections. */
  readonly poolSize: number;
  /** undefined: as the URL says. `ca` is the text of a PEM file. */
  readonly ssl?: boolean | { readonly ca: string } | undefined;
}

/** What daemons on any number of machines share. */
export interface SharedPlace {
  readonly bucket: BucketPlace;
  readonly database: DatabasePlace;
}
