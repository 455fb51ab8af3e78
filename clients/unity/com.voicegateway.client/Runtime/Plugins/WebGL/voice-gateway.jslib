// Between VoiceGatewayBrowser and the page's browser client: calls come in as strings, events go out as JSON.
mergeInto(LibraryManager.library, {
  $voiceGateway: { voice: null, opening: null },

  VoiceGatewayOpen__deps: ['$voiceGateway'],
  VoiceGatewayOpen: function (receiver, client, url, token, config) {
    var to = UTF8ToString(receiver);
    var module = UTF8ToString(client);
    var address = UTF8ToString(url);
    var options = { token: UTF8ToString(token) || undefined, config: JSON.parse(UTF8ToString(config)) };
    var tell = function (type, turn, fields) {
      SendMessage(to, 'OnVoiceGateway', JSON.stringify(Object.assign({ type: type, turn: turn && turn.id }, fields)));
    };
    var listen = function (voice) {
      var lit;
      voice.on('heard', function (ms, ahead, turn) {
        tell('mouth', turn, { level: turn.mouthAt(ms).level });
        var word = turn.wordAt(ms);
        var place = word && turn.id + ' ' + word.span[0];
        if (word && place !== lit) tell('caption', turn, { text: word.text });
        lit = place || lit;
      });
      voice.on('mark', function (mark, turn) {
        tell('mark', turn, { name: mark.name });
      });
      voice.on('finished', function (finish, turn) {
        var error = finish.error && { code: finish.error.code, message: finish.error.message };
        var told = { outcome: finish.outcome, heardMs: finish.heardMs, heard: finish.heard, unheard: finish.unheard };
        tell('mouth', turn, { level: 0 });
        tell('finished', turn, { finish: Object.assign(told, error && { error: error }) });
      });
    };
    voiceGateway.opening = import(module).then(function (exports) {
      var voice = (voiceGateway.voice = new exports.VoiceGateway(address, options));
      listen(voice);
      return voice.unlock().then(function () {
        return voice.connect();
      });
    });
    voiceGateway.opening.catch(function (error) {
      tell('failed', null, { message: error.message });
    });
  },

  VoiceGatewaySpeak__deps: ['$voiceGateway'],
  VoiceGatewaySpeak: function (turn, text, options) {
    var said = UTF8ToString(text);
    var how = Object.assign({ turn: UTF8ToString(turn) }, JSON.parse(UTF8ToString(options)));
    voiceGateway.opening.then(function () {
      voiceGateway.voice.speak(said, how);
    });
  },

  VoiceGatewayInterrupt__deps: ['$voiceGateway'],
  VoiceGatewayInterrupt: function () {
    if (voiceGateway.voice) voiceGateway.voice.interrupt();
  },

  VoiceGatewayClose__deps: ['$voiceGateway'],
  VoiceGatewayClose: function () {
    if (voiceGateway.voice) voiceGateway.voice.close();
    voiceGateway.voice = null;
  },
});
