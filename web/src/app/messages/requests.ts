import type {
  CalendarFeedState,
  ChannelWord,
  ContactState,
  LanguageWord,
  MessageAlarmEntry,
  MessageEntry,
  MessageKindWord,
  OutboxState,
  ReminderEntry,
  ReminderRequest,
  TemplateEntry,
  TemplatePreview,
  TemplateRequest,
} from "../../protocol";
import { ask } from "../requests";

const id = encodeURIComponent;

/** The messages of an appointment, by when they are due. */
export const messagesOf = (appointment: string): Promise<MessageEntry[]> =>
  ask("GET", `/api/appointments/${id(appointment)}/messages`);

/** Sends the same once more, to the address that the person has now. */
export const repeatMessage = (message: string): Promise<MessageEntry[]> =>
  ask("POST", `/api/messages/${id(message)}/repeat`);

/** Tells everybody of an appointment that the doctor is late. */
export const tellLate = (appointment: string, minutes: number): Promise<MessageEntry[]> =>
  ask("POST", `/api/appointments/${id(appointment)}/late`, { json: { minutes } });

const contact = (appointment: string, participant: string) =>
  `/api/appointments/${id(appointment)}/participants/${id(participant)}/contact`;

/** Where a guest is reached. */
export const contactOf = (appointment: string, participant: string): Promise<ContactState> =>
  ask("GET", contact(appointment, participant));

/** What is missing of their messages goes out then. */
export const saveContact = (appointment: string, participant: string, to: ContactState): Promise<void> =>
  ask("PUT", contact(appointment, participant), { json: to });

/** The appointments to come of which a message did not arrive. */
export const messageAlarms = (): Promise<MessageAlarmEntry[]> => ask("GET", "/api/messages/alarms");

export const outbox = (signal: AbortSignal): Promise<OutboxState> => ask("GET", "/api/outbox", { signal });

export const templates = (): Promise<TemplateEntry[]> => ask("GET", "/api/templates");

interface Which {
  kind: MessageKindWord;
  channel: ChannelWord;
  language: LanguageWord;
}

const template = ({ kind, channel, language }: Which) => `/api/templates/${kind}/${channel}/${language}`;

/** What a text would say, and what is wrong with it. */
export const previewTemplate = (which: Which, text: TemplateRequest): Promise<TemplatePreview> =>
  ask("POST", `${template(which)}/preview`, { json: text });

export const saveTemplate = (which: Which, text: TemplateRequest): Promise<void> =>
  ask("PUT", template(which), { json: text });

/** Back to the program's own text. */
export const removeTemplate = (which: Which): Promise<void> => ask("DELETE", template(which));

export const reminders = (): Promise<ReminderEntry[]> => ask("GET", "/api/reminders");

export const saveReminders = (service: string, policy: ReminderRequest): Promise<void> =>
  ask("PUT", `/api/services/${id(service)}/reminders`, { json: policy });

export const calendarFeed = (): Promise<CalendarFeedState> => ask("GET", "/api/me/calendar");

/** A new address for one's own calendar, told this once. */
export const makeCalendarFeed = (): Promise<CalendarFeedState> => ask("POST", "/api/me/calendar");

export const removeCalendarFeed = (): Promise<void> => ask("DELETE", "/api/me/calendar");
