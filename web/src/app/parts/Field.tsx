import { useId } from "preact/hooks";

/** How the line is written in. */
interface FieldInput {
  autocomplete?: string;
  autocapitalize?: "none";
  inputMode?: "numeric";
  spellcheck?: boolean;
  minLength?: number;
  maxLength?: number;
  class?: string;
  /** It must be filled in unless this says otherwise. */
  required?: boolean;
}

interface FieldProps {
  label: string;
  hint?: string;
  value: string;
  onValue(value: string): void;
  /** What is written is not shown. */
  isSecret?: boolean;
  input?: FieldInput;
}

/** A line to write in, with its label above and its hint between. */
export function Field({ label, hint, value, onValue, isSecret = false, input }: FieldProps) {
  const id = useId();
  const shared = {
    required: true,
    ...input,
    id,
    ...(hint && { "aria-describedby": `${id}-hint` }),
    value,
    onInput: (event: { currentTarget: HTMLInputElement }) => onValue(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {isSecret ? <input type="password" {...shared} /> : <input type="text" {...shared} />}
    </div>
  );
}
