import type { Form } from '../../parts/document-editor.js';
import type { Settings } from '../../api/types.js';

export interface SettingsForm extends Form<Settings> {
  /** As it is now, before what is typed is saved. */
  readonly saved: Settings;
}
