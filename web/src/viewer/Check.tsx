interface Props {
  word: string;
  hint: string;
  isOn: boolean;
  isDisabled?: boolean;
  set(is: boolean): void;
}

/** A switch. What it shows is what the gateway says, not what was pressed. */
export function Check({ word, hint, isOn, isDisabled, set }: Props) {
  return (
    <div>
      <label class="check">
        <input
          type="checkbox"
          checked={isOn}
          disabled={isDisabled}
          onChange={(event) => {
            const wanted = event.currentTarget.checked;
            event.currentTarget.checked = isOn;
            set(wanted);
          }}
        />
        {word}
      </label>
      <p class="muted">{hint}</p>
    </div>
  );
}
