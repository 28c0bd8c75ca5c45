/** What the four kinds of assets are called. */
import type { AssetKind } from '../../pure/links';

interface Words {
  /** Of the page with all of them. */
  title: string;
  /** As the command line says it. */
  noun: string;
  /** What to know where there is none. */
  about: string;
}

export const WORDS: Record<AssetKind, Words> = {
  models: { title: 'Models', noun: 'model', about: 'A job registers one as an output, a client with mlflow, or you with this line:' },
  data: { title: 'Data', noun: 'data', about: 'Each version is exactly these bytes, whatever happens to the folder. Make the first one:' },
  environments: { title: 'Environments', noun: 'environment', about: 'Conda files, images and requirements to run in, by name. Make the first one:' },
  components: { title: 'Components', noun: 'component', about: 'Steps that pipelines share. Make the first one:' },
};
