# Presses a button of Sidekiq's Web UI.
#
#   ruby ui_actions.rb quiet IDENTITY            ruby ui_actions.rb stop IDENTITY
#   ruby ui_actions.rb retry retries|morgue JID  ruby ui_actions.rb delete retries|scheduled|morgue JID
#   ruby ui_actions.rb kill retries JID          ruby ui_actions.rb add_to_queue scheduled JID
#   ruby ui_actions.rb delete_queue NAME         ruby ui_actions.rb all retry|delete|kill retries|morgue
#
# Exits 1 if the UI has no such thing to press.

require_relative "browser"

Stack.parse("Usage: ui_actions.rb [--redis URL] ACTION TARGET…, see the top of the file") {}
action, *target = ARGV

browser = Browser.new
visit = lambda do |path|
  page = browser.get(path)
  page.ok? or abort "#{path}: #{page.status} #{page.error}"
  page
end

pressed =
  case action
  when "quiet", "stop"
    page = visit["/busy"]
    page.body.include?(%(value="#{target[0]}")) or abort "no process #{target[0]} on the Busy page"
    browser.press(page, "/busy", "identity" => target[0], action => "1")
  when "retry", "delete", "kill", "add_to_queue"
    folder, jid = target
    path = visit["/#{folder}"].links(folder).find { |link| link.end_with?("-#{jid}") } or
      abort "no job #{jid} on the page /#{folder}"
    browser.press(visit[path], path, action => "1")
  when "delete_queue"
    browser.press(visit["/queues"], "/queues/#{target[0]}", "delete" => "1")
  when "all"
    verb, folder = target
    browser.press(visit["/#{folder}"], "/#{folder}/all/#{verb}", verb => "1")
  else
    abort "ui_actions.rb: no such action: #{action.inspect}"
  end

# Each button answers by sending the browser back to the list.
pressed.status == 302 or abort "#{action}: #{pressed.status} #{pressed.error || pressed.text}"
