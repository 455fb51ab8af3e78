/**
 * A Discord bot that speaks: /say and /stop.
 *
 *   DISCORD_TOKEN=… node bot.mjs
 *
 * VOICE_GATEWAY_URL is http://127.0.0.1:8080 unless said; VOICE_GATEWAY_SECRET the gateway's, if it has one.
 */
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import {
  AudioPlayerStatus, VoiceConnectionStatus, createAudioPlayer, createAudioResource, entersState, getVoiceConnection,
  joinVoiceChannel, StreamType,
} from '@discordjs/voice';
import { ApplicationCommandOptionType, Client, Events, GatewayIntentBits, MessageFlags } from 'discord.js';
import { Speech } from './speech.mjs';

const COMMANDS = [
  {
    name: 'say',
    description: 'Speak in your voice channel',
    options: [{ name: 'text', description: 'What to say', type: ApplicationCommandOptionType.String, required: true }],
  },
  { name: 'stop', description: 'Be silent' },
];
/** The player gives a turn up when so many packets of 20 ms are missing; its own 5 end it at the first pause for breath. */
const PATIENCE_PACKETS = 1500;
const JOIN_MS = 20_000;
/** So long a channel may change its server; who is taken out of it stays away. */
const MOVE_MS = 5000;
/** So long the keys of a channel's encryption may take; what is said before, nobody can decrypt. */
const KEYS_MS = 2000;
const LOOK_MS = 20;

const { DISCORD_TOKEN, DISCORD_API, VOICE_GATEWAY_URL = 'http://127.0.0.1:8080', VOICE_GATEWAY_SECRET } = process.env;
const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates],
  ...(DISCORD_API && { rest: { api: DISCORD_API } }),
});
/** By guild: its session with the gateway, its player, what it is to say, and the promise that all before has been heard. */
const guilds = new Map();

function guildOf(id) {
  if (!guilds.has(id)) {
    const player = createAudioPlayer({ behaviors: { maxMissedFrames: PATIENCE_PACKETS } });
    player.on('error', (error) => console.error('! a turn was not spoken:', error.message));
    const speech = new Speech(VOICE_GATEWAY_URL, { secret: VOICE_GATEWAY_SECRET });
    guilds.set(id, { speech, player, saying: new Set(), before: Promise.resolve() });
  }
  return guilds.get(id);
}

async function join(channel) {
  const connection = getVoiceConnection(channel.guild.id) ?? joined(channel);
  await entersState(connection, VoiceConnectionStatus.Ready, JOIN_MS);
  for (let waited = 0; !connection.voicePrivacyCode && waited < KEYS_MS; waited += LOOK_MS) await setTimeout(LOOK_MS);
  return connection;
}

function joined({ id: channelId, guild: { id: guildId, voiceAdapterCreator: adapterCreator } }) {
  const connection = joinVoiceChannel({ channelId, guildId, adapterCreator });
  connection.on(VoiceConnectionStatus.Disconnected, async () => {
    const back = [VoiceConnectionStatus.Signalling, VoiceConnectionStatus.Connecting];
    await Promise.any(back.map((state) => entersState(connection, state, MOVE_MS))).catch(() => connection.destroy());
  });
  connection.on(VoiceConnectionStatus.Destroyed, () => stop(guildId));
  return connection;
}

/** Whether it was heard to its end. */
async function say(channel, text, language) {
  const connection = await join(channel);
  const guild = guildOf(channel.guild.id);
  const turn = guild.speech.speak(text, { language });
  const resource = createAudioResource(turn.packets, { inputType: StreamType.Opus, silencePaddingFrames: 5 });
  const saying = { turn, resource, isStopped: false };
  guild.saying.add(saying);
  const heard = guild.before.then(() => play(guild.player, connection, saying));
  guild.before = heard.catch(() => {});
  await heard.finally(() => guild.saying.delete(saying));
  return !saying.isStopped;
}

async function play(player, connection, { resource, isStopped }) {
  if (isStopped) return;
  connection.subscribe(player);
  player.play(resource);
  await once(player, AudioPlayerStatus.Idle);
}

function stop(guildId) {
  const { player, saying } = guildOf(guildId);
  for (const each of saying) {
    each.isStopped = true;
    each.turn.cancel(each.resource.playbackDuration);
  }
  player.stop(true);
}

client.once(Events.ClientReady, () => client.application.commands.set(COMMANDS));
client.on(Events.InteractionCreate, async (interaction) => {
  if (!interaction.isChatInputCommand()) return;
  await interaction.deferReply({ flags: MessageFlags.Ephemeral });
  if (interaction.commandName === 'stop') {
    stop(interaction.guildId);
    await interaction.editReply('Silent.');
    return;
  }
  const channel = interaction.member.voice?.channel;
  if (!channel) {
    await interaction.editReply('Join a voice channel first.');
    return;
  }
  try {
    const isHeard = await say(channel, interaction.options.getString('text'), interaction.locale);
    await interaction.editReply(isHeard ? 'Said.' : 'Stopped.');
  } catch (error) {
    console.error('! a text was not spoken:', error.message);
    await interaction.editReply('Sorry, I cannot say that now.');
  }
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    for (const { speech } of guilds.values()) speech.close();
    await client.destroy();
    process.exit(0);
  });
}
if (DISCORD_TOKEN) await client.login(DISCORD_TOKEN);
else {
  console.error("Set DISCORD_TOKEN to your bot's, of https://discord.com/developers.");
  process.exit(2);
}
